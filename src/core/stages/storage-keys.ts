import type { Clip } from '../../contracts/clip.ts'

type Named = Pick<Clip, 'clip_id' | 'camera_name'>

/** Where a clip and its artifacts live in the storage. Stable: the same clip always has the same keys. */
export interface StorageKeys {
  clip(clip: Named): string
  thumbnail(clip: Named): string
  analysis(clip: Named): string
}

/** @param artifactsDir null: next to the clip. */
export function storageKeys(clipsDir: string, artifactsDir: string | null): StorageKeys {
  const join = (dir: string, { camera_name }: Named, name: string) => [dir, camera_name, name].filter((part) => part !== '').join('/')
  const stem = ({ clip_id }: Named) => clip_id.replace(/\.mp4$/, '')
  const beside = artifactsDir ?? clipsDir
  return {
    clip: (clip) => join(clipsDir, clip, clip.clip_id),
    thumbnail: (clip) => join(beside, clip, `${stem(clip)}.jpg`),
    analysis: (clip) => join(beside, clip, `${stem(clip)}.analysis.json`),
  }
}
