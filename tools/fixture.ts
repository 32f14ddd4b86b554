/** A small repository in a folder of its own, with the scripts of this one, for tests of the scripts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from './tree.ts'

/** Makes the folder with these files; it goes when the test ends. */
export function repository(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'groundplan-scripts-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const path of [
    'scripts',
    '.ci/run',
    'Makefile',
    'tools/claims.mjs',
    'tools/claims.json',
    'tools/contracts.mjs',
  ]) {
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  write(folder, { 'package.json': JSON.stringify({ type: 'module', engines: { node: '>=20.19' } }), ...files })
  return folder
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Gives the folder what this repository has installed. */
export function borrowPackages(folder: string): void {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** When this text has been printed to stdout. */
  printed(text: string): Promise<void>
}

/** Starts a program without a terminal; it and what it started are killed if the test ends before they do. */
export function start(folder: string, command: string, ...args: readonly string[]): Running {
  const child = spawn(command, args, {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own
  })
  onTestFinished(() => killGroup(child))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => (output.stdout += chunk))
  child.stderr.on('data', chunk => (output.stderr += chunk))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code: code ?? -1, ...output }))
  })
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.stdout.includes(text) && resolve()
      child.stdout.on('data', look)
      child.once('close', () =>
        reject(new Error(`ended without printing "${text}":\n${output.stdout}${output.stderr}`)),
      )
      look()
    })
  return { child, ended, printed }
}

/** Runs a program to its end. */
export function run(folder: string, command: string, ...args: readonly string[]): Promise<Ended> {
  return start(folder, command, ...args).ended
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
}

/** Ours, without what the test runner and npm tell their own children. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$|npm_|CI$)/.test(name),
  )
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}
