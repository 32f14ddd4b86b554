/** The form of an endpoint: a field for each parameter, the body with a sample, and where the answer is shown. */
import type { JsonSchema, Operation, Parameter, SecurityScheme } from '../openapi/document.ts'
import { type Html, html, type Put } from './html.ts'
import { kindOf } from './schema-view.ts'
import { type SchemaReader, typeOf } from './schemas.ts'

export function tryForm(reader: SchemaReader, path: string, method: string, operation: Operation): Html {
  const { operationId: id, parameters = [], requestBody, security } = operation
  const schema = requestBody?.content['application/json']?.schema
  const schemes = security.flatMap(each => Object.keys(each)).join(' ')
  return html`<form class="try" data-method="${method.toUpperCase()}" data-path="${path}" data-schemes="${schemes}" aria-label="Try ${operation.summary}">
    <h4>Try it</h4>
    ${parameters.map(parameter => parameterField(reader, id, parameter))}
    ${schema && bodyField(reader, id, schema)}
    <div class="actions">
      <button type="submit" class="send">Send</button>
      <button type="button" class="stop" hidden>Stop</button>
      <button type="button" class="copy quiet">Copy as curl</button>
    </div>
    <div class="answer" role="region" aria-label="Answer of ${operation.summary}" aria-live="polite" tabindex="-1" hidden></div>
  </form>`
}

function parameterField(
  reader: SchemaReader,
  id: string,
  { name, in: place, required, schema, description }: Parameter,
): Html {
  const fieldId = `${id}-${place}-${name}`
  const resolved = reader.resolved(schema)
  const list = typeOf(resolved) === 'array'
  const kind = list ? `${kindOf(reader, schema)}; separate by commas` : kindOf(reader, schema)
  return html`<div class="input">
    <label for="${fieldId}"><code>${name}</code>${!required && html` <span class="optional">optional</span>`}</label>
    ${control(reader, fieldId, name, place, required, resolved)}
    <p class="hint" id="${fieldId}-hint">${place === 'header' ? 'Header' : place === 'query' ? 'Query' : 'Path'}, ${kind}${
      description !== undefined && `. ${description}`
    }</p>
  </div>`
}

function control(
  reader: SchemaReader,
  id: string,
  name: string,
  place: string,
  required: boolean,
  schema: JsonSchema,
): Html {
  const { enum: values, default: usual } = schema
  const attributes = html`id="${id}" name="${name}" data-in="${place}" aria-describedby="${id}-hint"${required && html` required`}`
  const choices = Array.isArray(values)
    ? values.map(String)
    : typeOf(schema) === 'boolean'
      ? ['true', 'false']
      : undefined
  if (choices) {
    const empty: Put =
      !required && html`<option value="">${usual === undefined ? '—' : `— (${String(usual)})`}</option>`
    return html`<select ${attributes}>${empty}${choices.map(choice => html`<option>${choice}</option>`)}</select>`
  }
  const type = typeOf(schema)
  const numeric = type === 'integer' || type === 'number'
  const list = type === 'array'
  const sample = required && !list ? String(reader.sample(schema) ?? '') : ''
  return html`<input ${attributes} type="text" autocomplete="off" spellcheck="false"${numeric && html` inputmode="decimal"`}${
    list && html` data-list`
  } value="${sample}" placeholder="${usual === undefined ? '' : String(usual)}">`
}

function bodyField(reader: SchemaReader, id: string, schema: JsonSchema): Html {
  const sample = JSON.stringify(reader.sample(schema), null, 2)
  return html`<div class="input">
    <label for="${id}-body">Body</label>
    <textarea id="${id}-body" class="body" spellcheck="false" autocomplete="off" autocapitalize="off" rows="${Math.min(sample.split('\n').length + 1, 16)}" aria-describedby="${id}-body-hint">
${sample}</textarea>
    <p class="hint" id="${id}-body-hint">JSON</p>
  </div>`
}

/** The fields for who is calling, of the whole page. They live as long as the browser's tab. */
export function keyFields(schemes: Readonly<Record<string, SecurityScheme>>): Put {
  const fields = Object.entries(schemes).map(([name, scheme]) => keyField(name, scheme))
  if (fields.length === 0) return undefined
  return html`<form class="keys" aria-labelledby="keys-title">
    <h2 id="keys-title">Who is calling</h2>
    ${fields}
    <p class="hint">Kept in this tab, and sent to this gateway alone.</p>
  </form>`
}

function keyField(name: string, scheme: SecurityScheme): Html {
  const id = `key-${name}`
  if (scheme.type === 'apiKey' && scheme.in === 'cookie') {
    return html`<p class="about"><code>${name}</code>: the cookie <code>${scheme.name}</code> of this browser.</p>`
  }
  const [header, prefix] = scheme.type === 'http' ? ['Authorization', 'Bearer '] : [scheme.name, '']
  return html`<div class="input">
    <label for="${id}"><code>${name}</code></label>
    <input id="${id}" class="key" type="password" autocomplete="off" spellcheck="false" data-scheme="${name}" data-header="${header}" data-prefix="${prefix}" aria-describedby="${id}-hint">
    <p class="hint" id="${id}-hint">Header ${header}${prefix && `, as ${prefix.trim()} token`}</p>
  </div>`
}
