/** Node's options for threads whose program is a source of ours. */
export const threadOptions: readonly string[] = ['--import', new URL('./typescript.mjs', import.meta.url).href]
