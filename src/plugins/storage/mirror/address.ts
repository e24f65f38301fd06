/** What the addresses begin with that all places share. The key follows. */
export const SCHEME = 'mirror:'
