/** The worker beside this file: TypeScript in a checkout, JavaScript once built. */
export const workerEntry = new URL(import.meta.url.endsWith('.ts') ? './yolo-worker.ts' : './yolo-worker.js', import.meta.url)
