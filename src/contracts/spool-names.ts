/* How files in the spool are called before they have their final names: whoever stages them and whoever scans must agree, or the only copy of a clip is lost. */

/** A whole file that was moved here and has no final name yet. After a crash it is the only copy, so recovery takes it in again. */
export const MOVED_PREFIX = '.incoming-'
/** The same, but it was linked or copied: after a crash its original is still there, unless someone removed it. */
export const LINKED_PREFIX = '.linked-'
/** A copy under way; its original is still there. */
export const COPYING_PREFIX = '.copying-'
