/**
 * The page to try a gateway: all of it made here from the OpenAPI document, one file that loads nothing else. It can be
 * read without scripts; the script only sends what the forms hold.
 */
import { createHash } from 'node:crypto'
import { isRef, type OpenApiDocument, type Operation, type ResponseObject } from '../openapi/document.ts'
import { keyFields, tryForm } from './form.ts'
import { Html, html, type Put } from './html.ts'
import { describedBy, kindOf, schemaView } from './schema-view.ts'
import { listOf, SchemaReader } from './schemas.ts'
import { script } from './script.ts'
import { style } from './style.ts'

export interface DocsPage {
  readonly html: string
  /** For the Content-Security-Policy, such as `sha256-…`. */
  readonly scriptHash: string
  readonly styleHash: string
}

interface Entry {
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

/** Makes the page of a document. It stands beside it: `docs` next to `openapi.json`. */
export function docsPage(document: OpenApiDocument): DocsPage {
  const reader = new SchemaReader(document)
  const { title, version } = document.info
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#endpoints">To the endpoints</a>
<header class="top">
  <p class="kicker">Gateway</p>
  <h1>${title}</h1>
  <p class="facts">${version !== '0.0.0' && html`<span>version ${version}</span> `}<span><code>${document.servers[0]?.url}</code></span> <a href="openapi.json">openapi.json</a></p>
</header>
<div class="layout">
  <nav class="side" aria-label="Endpoints">${sideView(document)}</nav>
  <main id="endpoints">
    ${keyFields(document.components.securitySchemes)}
    ${document.tags.map(({ name }) => groupView(reader, document, name))}
    ${ownProblemsView(document)}
  </main>
</div>
<script type="module">${new Html(script)}</script>
</body>
</html>
`
  return { html: page.text, scriptHash: hashOf(script), styleHash: hashOf(style) }
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function entriesOf(document: OpenApiDocument, tag: string): readonly Entry[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ path, method, operation })),
  )
}

function sideView(document: OpenApiDocument): Html {
  const groups = document.tags.map(({ name }) => {
    const links = entriesOf(document, name).map(
      ({ path, method, operation }) =>
        html`<li><a href="#${operation.operationId}"><span class="verb ${method}">${method}</span><code>${breakable(path)}</code></a></li>`,
    )
    return html`<p class="group">${name}</p><ul>${links}</ul>`
  })
  return html`${groups}`
}

function groupView(reader: SchemaReader, document: OpenApiDocument, tag: string): Html {
  const entries = entriesOf(document, tag)
  return html`<section class="tag" aria-labelledby="tag-${tag}">
    <h2 id="tag-${tag}">${tag}</h2>
    ${entries.map(entry => entryView(reader, entry))}
  </section>`
}

function entryView(reader: SchemaReader, { path, method, operation }: Entry): Html {
  const { operationId: id, summary, description, security } = operation
  const schemes = security.flatMap(each => Object.keys(each))
  return html`<details class="endpoint" id="${id}">
    <summary>
      <span class="verb ${method}">${method}</span>
      <h3><code>${breakable(path)}</code></h3>
      <span class="says">${summary}</span>
      ${schemes.length > 0 && html`<span class="lock">for ${schemes.join(', ')}</span>`}
    </summary>
    <div class="inside">
      <div class="explained">
        ${description !== undefined && html`<p class="about">${description}</p>`}
        ${takesView(reader, operation)}
        ${answersView(reader, operation)}
      </div>
      ${tryForm(reader, path, method, operation)}
    </div>
  </details>`
}

/** A path may be broken before its slashes. */
function breakable(path: string): Put {
  return path.split('/').flatMap((part, at) => (at === 0 ? [part] : [html`<wbr>`, `/${part}`]))
}

function takesView(reader: SchemaReader, { requestBody }: Operation): Put {
  const schema = requestBody?.content['application/json']?.schema
  if (!schema) return undefined
  return html`<h4>Body</h4><p class="kind">${kindOf(reader, schema)}</p>${describedBy(reader.resolved(schema))}${schemaView(reader, schema)}`
}

function answersView(reader: SchemaReader, { responses }: Operation): Html {
  const own = Object.entries(responses).flatMap(([status, response]) =>
    isRef(response) ? [] : [[status, response] as const],
  )
  return html`<h4>Answers</h4><ul class="answers">${own.map(([status, response]) => answerView(reader, status, response))}</ul>`
}

function answerView(reader: SchemaReader, status: string, response: ResponseObject): Html {
  const good = status.startsWith('2')
  return html`<li>
    <div class="field"><span class="status ${good ? 'good' : 'bad'}">${status}</span> ${
      good ? contentView(response) : codesView(reader, response)
    }</div>
    ${good && Object.entries(response.content ?? {}).map(([, { schema }]) => schema && schemaView(reader, schema))}
  </li>`
}

function contentView({ content = {} }: ResponseObject): Put {
  const types = Object.keys(content)
  return html`<span class="kind">${types.length === 0 ? 'no content' : types.join(', ')}</span>`
}

/** The codes of a problem, as the document narrows them. */
function codesView(reader: SchemaReader, { content = {} }: ResponseObject): Put {
  const schema = content['application/problem+json']?.schema
  return schema && chips(reader.resolved(schema).properties?.code?.enum)
}

/** The problems that every endpoint may have, once. */
function ownProblemsView({ components }: OpenApiDocument): Html {
  const items = Object.values(components.responses).map(({ description, content = {} }) => {
    const schema = content['application/problem+json']?.schema
    const [, narrowed] = listOf(schema?.allOf)
    const { status, code } = narrowed?.properties ?? {}
    return html`<li><span class="status bad">${String(status?.const ?? 500)}</span>
      <div><p class="codes">${chips(code?.enum)}</p><p class="about">${description}</p></div></li>`
  })
  return html`<section class="own" aria-labelledby="own-title">
    <h2 id="own-title">Problems of all endpoints</h2>
    <p class="about">Answered as <code>application/problem+json</code> (RFC 9457), where they apply.</p>
    <ul class="sheet">${items}</ul>
  </section>`
}

function chips(codes: unknown): Put {
  return Array.isArray(codes) && codes.map(code => html`<code class="code">${String(code)}</code> `)
}
