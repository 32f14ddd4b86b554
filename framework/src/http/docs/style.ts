/** The style of the page to try a gateway: paper and ink by day, a blueprint by night. */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --sheet: #ffffff; --well: #f3f2ed; --ink: #18222f; --soft: #556070; --line: #dcd9d0;
  --grid: #e7e4db; --accent: #1d4ed8; --accent-ink: #ffffff; --good: #146c43; --bad: #b3261e;
  --get: #1d4ed8; --post: #146c43; --put: #8a5200; --patch: #6d3fc0; --delete: #b3261e;
  --shadow: 0 1px 2px rgb(24 34 47 / 6%), 0 8px 24px -16px rgb(24 34 47 / 22%);
  --mono: ui-monospace, SFMono-Regular, 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0c1524; --sheet: #121e31; --well: #0d1829; --ink: #e6edf6; --soft: #9db0c6; --line: #26374f;
    --grid: #14213590; --accent: #8db4ff; --accent-ink: #0c1524; --good: #6fd6a0; --bad: #ff9b93;
    --get: #8db4ff; --post: #6fd6a0; --put: #f2bd6b; --patch: #c3a6ff; --delete: #ff9b93;
    --shadow: 0 1px 2px rgb(0 0 0 / 30%);
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
}
code, pre, textarea, .verb { font-family: var(--mono); }
code { font-size: 0.9em; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--sheet); padding: 0.5rem 1rem; border-radius: 6px; }
.skip:focus { top: 1rem; z-index: 2; }

.top {
  padding: 2.75rem clamp(1rem, 4vw, 3rem) 2rem; border-bottom: 1px solid var(--line);
  background-image: linear-gradient(var(--grid) 1px, transparent 1px), linear-gradient(90deg, var(--grid) 1px, transparent 1px);
  background-size: 24px 24px; background-position: -1px -1px;
}
.kicker { margin: 0; color: var(--soft); font-size: 0.8rem; letter-spacing: 0.12em; text-transform: uppercase; }
h1 { margin: 0.1rem 0 0.35rem; font-size: clamp(1.8rem, 4vw, 2.6rem); line-height: 1.15; letter-spacing: -0.02em; text-wrap: balance; }
.facts { margin: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; color: var(--soft); font-size: 0.95rem; }

.layout { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 0 2.5rem; max-width: 84rem; padding: 0 clamp(1rem, 4vw, 3rem); }
.side { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 1.75rem 0 2rem; font-size: 0.9rem; }
.group { margin: 1.1rem 0 0.3rem; color: var(--soft); font-size: 0.8rem; letter-spacing: 0.06em; }
.group:first-child { margin-top: 0; }
.side ul { list-style: none; margin: 0; padding: 0; }
.side a { display: flex; gap: 0.6rem; align-items: baseline; padding: 0.28rem 0.5rem; margin-left: -0.5rem; border-radius: 6px; color: var(--ink); text-decoration: none; }
.side a:hover { background: var(--sheet); }
.side a .verb { flex: none; width: 3.4rem; }
main { padding: 1.75rem 0 4rem; min-width: 0; }
h2 { margin: 2.5rem 0 0.8rem; font-size: 1.15rem; letter-spacing: -0.01em; }
main > :first-child h2, main > .tag:first-child h2 { margin-top: 0; }
h4 { margin: 1.4rem 0 0.5rem; font-size: 0.82rem; letter-spacing: 0.06em; text-transform: uppercase; color: var(--soft); }
h4:first-child { margin-top: 0; }

.verb { font-size: 0.75rem; font-weight: 700; text-transform: uppercase; letter-spacing: 0.02em; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .patch { color: var(--patch); } .delete { color: var(--delete); }

.keys, .endpoint, .sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
.keys { padding: 1.25rem 1.5rem; max-width: 34rem; }
.keys h2 { margin: 0 0 0.75rem; }
.endpoint { margin: 0 0 0.75rem; }
.endpoint > summary {
  display: grid; grid-template-columns: 3.7rem minmax(0, auto) minmax(0, 1fr) auto; gap: 0.25rem 0.9rem; align-items: baseline;
  padding: 0.95rem 1.5rem; cursor: pointer; list-style: none; border-radius: 12px;
}
.endpoint > summary::-webkit-details-marker { display: none; }
.endpoint > summary:hover h3 { text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 0.3em; }
.endpoint[open] > summary { border-bottom: 1px solid var(--line); border-radius: 12px 12px 0 0; }
.endpoint h3 { margin: 0; font-size: 1rem; font-weight: 600; }
.endpoint h3 code { font-size: 0.95rem; }
.says { color: var(--soft); }
.lock { color: var(--soft); font-size: 0.8rem; border: 1px solid var(--line); border-radius: 99px; padding: 0.05rem 0.6rem; white-space: nowrap; }
.inside { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.05fr); }
.explained { padding: 1.25rem 1.5rem 1.5rem; }
.try { padding: 1.25rem 1.5rem 1.5rem; background: var(--well); border-left: 1px solid var(--line); border-radius: 0 0 12px 0; }

.about { margin: 0.15rem 0 0.4rem; color: var(--soft); max-width: 46rem; }
.kind { color: var(--soft); font-size: 0.92rem; margin: 0; }
.optional { color: var(--soft); font-size: 0.8rem; font-style: italic; }
.hint { margin: 0.2rem 0 0; color: var(--soft); font-size: 0.82rem; }
.fields, .choices, .answers { list-style: none; margin: 0; padding: 0; }
.fields > li { padding: 0.4rem 0; border-top: 1px solid var(--line); }
.fields > li:first-child { border-top: 0; }
.fields .fields, .fields .choices { margin: 0.3rem 0 0.1rem; padding-left: 0.9rem; border-left: 2px solid var(--line); }
.choices > li { padding: 0.3rem 0 0.3rem 0.9rem; border-left: 2px solid var(--line); margin-top: 0.5rem; }
.name { font-weight: 600; }
.answers > li { padding: 0.55rem 0; border-top: 1px solid var(--line); }
.answers > li:first-child { border-top: 0; padding-top: 0; }
.answers .schema { margin-top: 0.3rem; padding-left: 0.9rem; border-left: 2px solid var(--line); }
.status { font: 700 0.85rem/1 var(--mono); }
.good { color: var(--good); } .bad { color: var(--bad); }
.code { background: var(--well); border: 1px solid var(--line); border-radius: 5px; padding: 0.05rem 0.35rem; white-space: nowrap; line-height: 1.9; }

.input { margin: 0 0 0.9rem; }
label { display: block; margin-bottom: 0.25rem; font-size: 0.92rem; font-weight: 600; }
label .optional { font-weight: 400; }
input, select, textarea {
  width: 100%; color: inherit; background: var(--sheet); border: 1px solid var(--soft); border-radius: 7px;
  padding: 0.5rem 0.65rem; font: inherit; font-size: 0.95rem; min-height: 2.6rem;
}
textarea { font: 0.85rem/1.5 var(--mono); resize: vertical; tab-size: 2; }
input:user-invalid, textarea.wrong { border-color: var(--bad); }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 1rem; }
button { font: inherit; font-weight: 600; min-height: 2.6rem; padding: 0.35rem 1.2rem; border-radius: 7px; border: 1px solid var(--accent); background: var(--accent); color: var(--accent-ink); cursor: pointer; }
button.quiet, button.stop { background: transparent; color: var(--accent); border-color: var(--line); }
button.stop { color: var(--bad); }
button:disabled { opacity: 0.6; cursor: progress; }

.answer { margin-top: 1.1rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.line { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; align-items: baseline; margin: 0 0 0.6rem; }
.line .status { font-size: 1rem; }
pre { margin: 0 0 0.7rem; padding: 0.8rem 0.9rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; overflow: auto; max-height: 26rem; font-size: 0.82rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
.answer img { max-width: 100%; background: #fff; border-radius: 8px; border: 1px solid var(--line); }
.answer details summary { cursor: pointer; font-size: 0.9rem; color: var(--soft); padding: 0.2rem 0; }
.events { list-style: none; margin: 0; padding: 0; max-height: 26rem; overflow: auto; }
.events pre { margin-bottom: 0.4rem; max-height: none; }
.sheet { list-style: none; margin: 0; padding: 0.25rem 1.5rem; }
.sheet > li { display: grid; grid-template-columns: 3rem minmax(0, 1fr); gap: 0.75rem; align-items: baseline; padding: 0.7rem 0; border-top: 1px solid var(--line); }
.sheet > li:first-child { border-top: 0; }
.sheet p { margin: 0; }
.codes:empty { display: none; }

@media (max-width: 70rem) {
  .layout { grid-template-columns: minmax(0, 1fr); }
  .side { display: none; }
  .inside { grid-template-columns: minmax(0, 1fr); }
  .try { border-left: 0; border-top: 1px solid var(--line); border-radius: 0 0 12px 12px; }
}
@media (max-width: 40rem) {
  .endpoint > summary { grid-template-columns: auto minmax(0, 1fr); padding: 0.85rem 1rem; }
  .says, .lock { grid-column: 1 / -1; justify-self: start; }
  .explained, .try { padding: 1rem; }
  .keys { padding: 1rem; }
  .sheet { padding: 0.25rem 1rem; }
  .actions button { flex: 1 1 auto; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`
