import { plainText } from '../../../../lib/plain-text.ts'

/** What becomes of an upload: a clip, a picture beside the clips, or something else that is kept aside. */
export type UploadKind = 'clip' | 'snapshot' | 'other'

const PICTURES: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.gif', '.webp', '.heic'])
/** How cameras call a file that they rename once it is up: `a.mp4.tmp`, `a.part`, `a.avi_`. */
const UNFINISHED = /(?:\.(?:tmp|temp|part|partial|filepart|uploading|lck)|_|~)$/i
const MAX_NAME_LENGTH = 200
/** Also of a name that is nothing but an ending, where a path library would see a hidden file. */
const ENDING = /\.[A-Za-z0-9]{1,15}$/
const MAX_SAFE_LENGTH = 60

/** The name a file arrived under: the last part of its path on any system, as one line that no terminal and no page minds. */
export function originalName(virtualPath: string): string {
  const last = virtualPath.split(/[/\\]/).at(-1) ?? ''
  // A name that is too long is cut before its ending, which says what it is.
  const ending = endingOf(last)
  const stem = plainText(last.slice(0, last.length - ending.length), MAX_NAME_LENGTH - ending.length)
  const clean = `${stem}${ending}`
  return clean === '' || clean === '.' || clean === '..' ? 'unnamed' : clean
}

/** A piece of the name that may stand on disk, so that an owner who looks at the folder recognises it. */
export function safeName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^[.-]+/, '_')
  return safe.slice(-MAX_SAFE_LENGTH) || 'unnamed'
}

/** Whether the camera will probably rename it when it is up. */
export function isUnfinishedName(name: string): boolean {
  return UNFINISHED.test(name)
}

/** The name without the mark of an unfinished one: what the camera was about to call it. */
export function finishedName(name: string): string {
  return name.replace(UNFINISHED, '') || name
}

/** @param extensions in lower case; empty: everything but pictures is a clip. */
export function kindOf(name: string, extensions: readonly string[]): UploadKind {
  const ending = endingOf(name).toLowerCase()
  if (extensions.includes(ending)) return 'clip'
  if (PICTURES.has(ending)) return 'snapshot'
  return extensions.length === 0 ? 'clip' : 'other'
}

function endingOf(name: string): string {
  return ENDING.exec(name)?.[0] ?? ''
}
