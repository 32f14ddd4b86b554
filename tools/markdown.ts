/** Reads Markdown as far as the checks need it: links, words in backticks, code blocks. */
import type { SourceFile } from './tree.ts'

/** A piece of text with its line, from 1. */
export interface Located {
  readonly text: string
  readonly line: number
}

export interface CodeBlock extends Located {
  /** Such as `ts`. */
  readonly language: string
  /** What stands in `<!-- from … -->` right before the block. */
  readonly source?: string
}

export interface Page {
  readonly path: string
  /** The targets of links and images. */
  readonly links: readonly Located[]
  /** What stands in backticks, outside code blocks. */
  readonly code: readonly Located[]
  readonly blocks: readonly CodeBlock[]
}

export function readPage({ path, text }: SourceFile): Page {
  const { prose, blocks } = split(text.split('\n'))
  return {
    path,
    links: prose.flatMap(({ text, line }) => linksIn(text).map(target => ({ text: target, line }))),
    code: prose.flatMap(({ text, line }) =>
      [...text.matchAll(codeSpan)].map(match => ({ text: match[1] ?? '', line })),
    ),
    blocks,
  }
}

const codeSpan = /`([^`\n]+)`/g
const link = /!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)/g
const attribute = /\b(?:src|href)="([^"]+)"/g
const reference = /^\s*\[[^\]]+\]:\s*(\S+)/g

function linksIn(text: string): readonly string[] {
  const withoutCode = text.replace(codeSpan, '')
  return [link, attribute, reference].flatMap(pattern =>
    [...withoutCode.matchAll(pattern)].map(match => match[1] ?? ''),
  )
}

const fence = /^\s*(```+|~~~+)\s*(\S*)/
const fromComment = /^<!--\s*from\s+(\S+)\s*-->$/

function split(lines: readonly string[]): { prose: readonly Located[]; blocks: readonly CodeBlock[] } {
  const prose: Located[] = []
  const blocks: CodeBlock[] = []
  let open: { mark: string; language: string; line: number; lines: string[]; source?: string } | undefined
  lines.forEach((text, index) => {
    const [, mark, language = ''] = fence.exec(text) ?? []
    if (open && mark?.startsWith(open.mark)) {
      const { lines: content, mark: _, ...rest } = open
      blocks.push({ ...rest, text: content.join('\n') })
      open = undefined
    } else if (open) open.lines.push(text)
    else if (mark) open = { mark, language, line: index + 1, lines: [], ...sourceBefore(lines, index) }
    else prose.push({ text, line: index + 1 })
  })
  return { prose, blocks }
}

/** The `<!-- from … -->` on the nearest line above that is not empty. */
function sourceBefore(lines: readonly string[], index: number): { source?: string } {
  const above = lines.slice(0, index).findLast(line => line.trim() !== '')
  const source = fromComment.exec(above?.trim() ?? '')?.[1]
  return source === undefined ? {} : { source }
}
