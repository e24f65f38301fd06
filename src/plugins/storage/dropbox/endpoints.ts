/** Where the two halves of the API live. Not configurable, since whoever is called here gets the token and the clips. */
export interface DropboxEndpoints {
  readonly api: string
  readonly content: string
}

export const DROPBOX_ENDPOINTS: DropboxEndpoints = {
  api: 'https://api.dropboxapi.com',
  content: 'https://content.dropboxapi.com',
}
