/**
 * The script of the page to try a gateway: it sends what a form holds and shows what comes back. Plain JavaScript for
 * the browser; its test has the type checker read it with the browser's types. It has no backticks and no `$` before a
 * brace, since it stands in a template.
 */

export const script = `
const base = location.pathname.replace(/[/]docs[/]?$/, '')
const mostEvents = 200

/** @param {string} tag @param {Record<string, string>} attributes @param {(Node | string)[]} children */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** @template {Element} T @param {ParentNode} root @param {string} selector @param {new () => T} type @returns {T} */
function only(root, selector, type) {
  const found = root.querySelector(selector)
  if (found instanceof type) return found
  throw new Error('no ' + selector)
}

// ---------- what is sent

/** @param {HTMLFormElement} form @param {string} place @returns {(HTMLInputElement | HTMLSelectElement)[]} */
function fieldsOf(form, place) {
  return [...form.querySelectorAll('[data-in="' + place + '"]')].flatMap(field =>
    field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? [field] : [])
}

/** @param {HTMLFormElement} form */
function addressOf(form) {
  let path = form.dataset.path ?? ''
  for (const field of fieldsOf(form, 'path')) path = path.replace('{' + field.name + '}', encodeURIComponent(field.value))
  const query = new URLSearchParams()
  for (const field of fieldsOf(form, 'query')) {
    const values = 'list' in field.dataset ? field.value.split(',').map(each => each.trim()) : [field.value]
    for (const value of values) if (value !== '') query.append(field.name, value)
  }
  const text = query.toString()
  return base + path + (text === '' ? '' : '?' + text)
}

/** @param {HTMLFormElement} form */
function headersOf(form) {
  /** @type {Record<string, string>} */
  const headers = {}
  for (const field of fieldsOf(form, 'header')) if (field.value !== '') headers[field.name] = field.value
  const schemes = (form.dataset.schemes ?? '').split(' ')
  for (const key of document.querySelectorAll('input.key')) {
    if (!(key instanceof HTMLInputElement) || key.value === '' || !schemes.includes(key.dataset.scheme ?? '')) continue
    headers[key.dataset.header ?? ''] = (key.dataset.prefix ?? '') + key.value
  }
  return headers
}

/** @param {HTMLFormElement} form @returns {{ url: string, init: RequestInit & { headers: Record<string, string> } }} */
function requestOf(form) {
  const body = form.querySelector('textarea.body')
  const headers = headersOf(form)
  /** @type {RequestInit & { headers: Record<string, string> }} */
  const init = { method: form.dataset.method ?? 'GET', headers }
  if (body instanceof HTMLTextAreaElement) {
    headers['Content-Type'] = 'application/json'
    init.body = body.value
  }
  return { url: addressOf(form), init }
}

/** @param {string} text */
function quoted(text) {
  return "'" + text.replaceAll("'", "'\\\\''") + "'"
}

/** @param {HTMLFormElement} form */
function curlOf(form) {
  const { url, init } = requestOf(form)
  const parts = ['curl', '-i', '-X', init.method ?? 'GET', quoted(location.origin + url)]
  for (const [name, value] of Object.entries(init.headers)) parts.push('-H', quoted(name + ': ' + value))
  if (typeof init.body === 'string') parts.push('-d', quoted(init.body))
  return parts.join(' ')
}

// ---------- what comes back

/** @param {Response} response @param {number} ms @param {string} size */
function lineOf(response, ms, size) {
  const kind = response.ok ? 'good' : 'bad'
  return element('p', { class: 'line' },
    element('span', { class: 'status ' + kind }, response.status + ' ' + response.statusText),
    element('span', { class: 'hint' }, Math.round(ms) + ' ms'),
    element('span', { class: 'hint' }, size))
}

/** @param {Response} response */
function headersView(response) {
  const lines = [...response.headers].map(([name, value]) => name + ': ' + value)
  return element('details', {}, element('summary', {}, 'Headers (' + lines.length + ')'), element('pre', { tabindex: '0' }, lines.join('\\n')))
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** @param {number} bytes */
function sizeOf(bytes) {
  return bytes < 1024 ? bytes + ' B' : (bytes / 1024).toFixed(1) + ' KB'
}

/** @param {string} type @param {Blob} content */
async function contentView(type, content) {
  if (content.size === 0) return element('p', { class: 'hint' }, 'No content')
  if (/json|^text|xml(?!.*svg)/.test(type) && !type.startsWith('image/')) return element('pre', { tabindex: '0' }, pretty(await content.text()))
  const url = URL.createObjectURL(content)
  if (type.startsWith('image/')) return element('img', { src: url, alt: 'The image of the answer' })
  return element('a', { href: url, download: '' }, 'Save the file (' + sizeOf(content.size) + ')')
}

/** @param {Response} response @param {HTMLElement} list @param {AbortSignal} signal */
async function showEvents(response, list, signal) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  while (reader && !signal.aborted) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).split('\\n\\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block.split('\\n').filter(line => line.startsWith('data: ')).map(line => line.slice(6)).join('\\n')
      if (data === '') continue
      list.prepend(element('li', {}, element('pre', {}, pretty(data))))
      if (list.children.length > mostEvents) list.lastElementChild?.remove()
    }
  }
}

/** @param {HTMLFormElement} form @param {HTMLElement} answer @param {AbortController} stopping */
async function send(form, answer, stopping) {
  const { url, init } = requestOf(form)
  const began = performance.now()
  const response = await fetch(url, { ...init, signal: stopping.signal })
  const ms = performance.now() - began
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('text/event-stream')) {
    const list = element('ol', { class: 'events', tabindex: '0', 'aria-label': 'Events, the newest first' })
    answer.replaceChildren(lineOf(response, ms, 'live'), headersView(response), list)
    await showEvents(response, list, stopping.signal)
    return
  }
  const content = await response.blob()
  answer.replaceChildren(lineOf(response, ms, sizeOf(content.size)), await contentView(type, content), headersView(response))
}

/** @param {HTMLFormElement} form */
function checked(form) {
  const body = form.querySelector('textarea.body')
  if (!(body instanceof HTMLTextAreaElement)) return
  try {
    JSON.parse(body.value)
    body.classList.remove('wrong')
    body.removeAttribute('aria-invalid')
  } catch {
    body.classList.add('wrong')
    body.setAttribute('aria-invalid', 'true')
  }
}

/** @param {HTMLFormElement} form */
function prepare(form) {
  const answer = only(form, '.answer', HTMLElement)
  const button = only(form, '.send', HTMLButtonElement)
  const stop = only(form, '.stop', HTMLButtonElement)
  const copy = only(form, '.copy', HTMLButtonElement)
  let stopping = new AbortController()
  stop.addEventListener('click', () => stopping.abort())
  form.addEventListener('input', () => checked(form))
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(curlOf(form))
    copy.textContent = 'Copied'
    setTimeout(() => { copy.textContent = 'Copy as curl' }, 1500)
  })
  form.addEventListener('submit', async event => {
    event.preventDefault()
    stopping.abort()
    const current = new AbortController()
    stopping = current
    answer.hidden = false
    answer.replaceChildren(element('p', { class: 'hint' }, 'Waiting for the answer'))
    button.disabled = true
    stop.hidden = false
    try {
      await send(form, answer, current)
    } catch (error) {
      if (!current.signal.aborted) answer.replaceChildren(element('p', { class: 'line bad' }, 'There was no answer: ' + error))
      else answer.append(element('p', { class: 'hint' }, 'Stopped'))
    }
    if (stopping !== current) return
    button.disabled = false
    stop.hidden = true
  })
}

// ---------- the page

/** Keys live as long as this tab. */
function keepKeys() {
  document.querySelector('form.keys')?.addEventListener('submit', event => event.preventDefault())
  for (const key of document.querySelectorAll('input.key')) {
    if (!(key instanceof HTMLInputElement)) continue
    const name = 'groundplan ' + base + ' ' + key.dataset.scheme
    key.value = sessionStorage.getItem(name) ?? ''
    key.addEventListener('input', () => sessionStorage.setItem(name, key.value))
  }
}

/** Opens the endpoint that the address names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!(named instanceof HTMLDetailsElement)) return
  named.open = true
  named.scrollIntoView()
}

for (const form of document.querySelectorAll('form.try')) if (form instanceof HTMLFormElement) prepare(form)
keepKeys()
openNamed()
addEventListener('hashchange', openNamed)
for (const link of document.querySelectorAll('.side a')) link.addEventListener('click', () => setTimeout(openNamed))
`
