/** HTML as values: what is put into a template is escaped, unless it is HTML already. */

export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Put = Html | string | number | undefined | false | readonly Put[]

/** @example html`<p>${name}</p>` */
export function html(parts: TemplateStringsArray, ...puts: readonly Put[]): Html {
  return new Html(parts.reduce((text, part, at) => text + put(puts[at - 1]) + part))
}

function put(value: Put): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(put).join('')
  return escaped(String(value))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, each => entities[each] ?? each)
}
