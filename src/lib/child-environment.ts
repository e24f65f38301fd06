/** What programs need to be found, to load their libraries and to speak the owner's language; never a secret. */
const NAMES = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SYSTEMROOT', 'TEMP', 'TMP']
/** How an owner steers inference: which GPU, which libraries. */
const WORKER_PREFIXES = ['CUDA_', 'NVIDIA_', 'ORT_']

/**
 * The static builds of ffmpeg crash on MPEG-TS where the C library of the machine is newer than theirs: reading the name of a station,
 * they load its tables of character sets. Without tables they do without.
 */
const NO_CHARACTER_SETS = { GCONV_PATH: '/nonexistent' }

type Variables = Readonly<Record<string, string>>

/** The whole environment of a program we start. Ours holds the owner's secrets, and a child that is broken into must not have them. */
export function childEnvironment(): Variables {
  return { ...ours((name) => NAMES.includes(name.toUpperCase())), ...NO_CHARACTER_SETS }
}

/** The same for our own workers, which run models. */
export function workerEnvironment(): Variables {
  return ours((name) => NAMES.includes(name.toUpperCase()) || WORKER_PREFIXES.some((prefix) => name.startsWith(prefix)))
}

function ours(isPassedOn: (name: string) => boolean): Variables {
  const all = process.env // eslint-disable-line no-restricted-properties -- handed on by name, never a secret
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value !== undefined && isPassedOn(name) ? [[name, value]] : [])),
  )
}
