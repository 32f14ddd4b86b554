/** What rules of others say of templates, and which of it is no exception. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Exception } from './exceptions.ts'
import { exceptions } from './exceptions.ts'

export interface Finding {
  readonly by: Exception['by']
  readonly rule: string
  /** `<stack>/<resource>`. */
  readonly on: string
}

const tools = fileURLToPath(new URL('../../../../.groundplan/template-checks/bin/', import.meta.url))

type Tool = 'cfn-lint' | 'checkov' | 'check-jsonschema' | 'zizmor'

/** Whether a program of PyPI is there: `node scripts/template-checks.mjs` installs it. */
export function hasTool(name: Tool): boolean {
  const there = existsSync(tools + name)
  if (!there) console.warn(`SKIPPED: ${name} is not installed here: node scripts/template-checks.mjs`)
  return there
}

/** Runs a program of PyPI; it says what it found, whatever its exit code. */
export async function told(name: Tool, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(tools + name, args, { maxBuffer: 64 * 1_024 * 1_024 })).stdout
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '') {
      return error.stdout
    }
    throw error
  }
}

function excused({ by, rule, on }: Finding): Exception | undefined {
  return exceptions.find(each => each.by === by && each.rule.test(rule) && (each.on?.test(on) ?? true))
}

/** Those that no exception covers. */
export function unexcused(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(finding => !excused(finding))
}

/** Exceptions that cover nothing any more. */
export function unused(by: Exception['by'], findings: readonly Finding[]): readonly Exception[] {
  const used = new Set(findings.map(excused))
  return exceptions.filter(exception => exception.by === by && !used.has(exception))
}
