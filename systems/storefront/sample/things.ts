/**
 * The things themselves, each in three forms, standing on the ground at 390 in a picture of 640 by 480.
 */
import { box, type Colours, disc, glass, gleam, line, ring, shape } from './drawing.ts'

type Draw = (colours: Colours, form: number) => string

const ink = '#1f2430'

const camera: Draw = (c, form) => {
  const wide = [260, 320, 330][form] ?? 260
  const high = [160, 190, 240][form] ?? 160
  const x = 320 - wide / 2
  const y = 390 - high
  const hump = form === 0 ? box(x + 24, y - 16, 62, 24, 8, c.dark) : shape(`M${270} ${y} l18 -38 h64 l18 38 z`, c.dark)
  return [
    hump,
    box(x, y, wide, high, 26, c.body),
    box(x, y, wide, 44, 22, c.light),
    box(x, y + 30, wide, 16, 0, c.body),
    box(x + wide - 66, y + 44, 66, high - 44, 20, c.dark),
    box(x + wide - 58, y - 12, 36, 16, 6, c.accent),
    disc(x + 40, y + 26, 9, c.accent),
    glass(320, y + high / 2 + 12, [60, 74, 84][form] ?? 60, c),
    ring(320, y + high / 2 + 12, [60, 74, 84][form] ?? 60, 6, c.light),
    gleam(`M${x + 18} ${y + 10} h${wide * 0.4} v6 h-${wide * 0.4} z`),
  ].join('')
}

const lens: Draw = (c, form) => {
  const long = [150, 190, 280][form] ?? 150
  const y = 390 - long
  return [
    box(236, y + 40, 168, long - 40, 14, c.body),
    box(224, y, 192, 66, 18, c.dark),
    box(228, y + long * 0.45, 184, 40, 8, c.dark),
    ...Array.from({ length: 9 }, (_, n) => box(238 + n * 19, y + long * 0.45 + 6, 8, 28, 3, c.light)),
    box(236, y + long - 26, 168, 10, 0, c.accent),
    box(250, 382, 140, 10, 3, '#b9bec8'),
    `<ellipse cx="320" cy="${y + 10}" rx="84" ry="22" fill="${ink}"/>`,
    `<ellipse cx="320" cy="${y + 12}" rx="66" ry="15" fill="#33475c"/>`,
    `<ellipse cx="300" cy="${y + 8}" rx="26" ry="5" fill="#fff" opacity="0.6"/>`,
    gleam(`M248 ${y + 72} h16 v${long - 110} h-16 z`, 0.28),
  ].join('')
}

const tripod: Draw = (c, form) => {
  const top = [150, 96, 250][form] ?? 150
  const foot = [110, 130, 90][form] ?? 110
  const joint = top + (390 - top) * 0.55
  return [
    line(`M320 ${top + 50} L${320 - foot} 388`, 16, c.dark),
    line(`M320 ${top + 50} L${320 + foot} 388`, 16, c.dark),
    line(`M320 ${top + 40} L320 388`, 18, c.body),
    line(`M${320 - foot * 0.52} ${joint} L320 ${joint - 34} L${320 + foot * 0.52} ${joint}`, 7, c.light),
    box(286, top + 28, 68, 44, 12, c.body),
    box(300, top, 40, 34, 8, c.dark),
    box(272, top - 14, 96, 18, 6, c.accent),
    line(`M352 ${top + 18} L430 ${top + 52}`, 10, c.dark),
    disc(432, top + 53, 11, c.accent),
    disc(320, 388, 10, ink),
    disc(320 - foot, 388, 9, ink),
    disc(320 + foot, 388, 9, ink),
  ].join('')
}

const bag: Draw = (c, form) => {
  const high = [150, 240, 220][form] ?? 150
  const y = 390 - high
  const strap =
    form === 0
      ? `M210 ${y + 40} C230 60 410 60 430 ${y + 40}`
      : `M270 ${y + 8} C276 ${y - 50} 364 ${y - 50} 370 ${y + 8}`
  const flap =
    form === 2
      ? box(214, y - 4, 212, 54, 20, c.light)
      : shape(`M206 ${y + 34} q0 -34 34 -34 h160 q34 0 34 34 v60 q-114 46 -228 0 z`, c.light)
  return [
    line(strap, 14, c.dark),
    box(206, y, 228, high, 34, c.body),
    flap,
    box(238, 390 - high * 0.42, 164, high * 0.36, 18, c.dark),
    line(`M250 ${390 - high * 0.36} h140`, 4, c.accent),
    box(308, y + high * 0.36, 24, 36, 6, c.accent),
    gleam(`M224 ${y + 26} q0 -14 14 -14 h70 v6 h-66 q-10 0 -10 12 z`, 0.4),
  ].join('')
}

const light: Draw = (c, form) => {
  const glow = (x: number, y: number, r: number) =>
    `<circle cx="${x}" cy="${y}" r="${r}" fill="#fff6d8" opacity="0.55"/>`
  if (form === 1) {
    const tube = [
      box(140, 214, 360, 52, 26, c.dark),
      box(164, 222, 312, 36, 18, '#fff3c9'),
      box(172, 230, 296, 8, 4, '#fff'),
    ]
    return [
      glow(320, 236, 190),
      ...tube,
      line('M320 266 L320 384', 12, c.body),
      box(250, 380, 140, 14, 7, c.dark),
    ].join('')
  }
  const head =
    form === 0
      ? [box(190, 110, 260, 180, 22, c.dark), box(206, 126, 228, 148, 12, '#fff3c9')]
      : [box(230, 120, 180, 110, 20, c.body), box(246, 134, 148, 74, 10, '#fff3c9'), box(276, 226, 88, 120, 16, c.dark)]
  const dots =
    form === 0
      ? Array.from({ length: 40 }, (_, n) => disc(228 + (n % 8) * 26.5, 144 + Math.floor(n / 8) * 28, 6, '#ffdf8e'))
      : [box(294, 264, 52, 34, 6, c.accent)]
  const stand =
    form === 0
      ? [line('M320 290 L320 384', 14, c.body), box(240, 380, 160, 14, 7, c.dark)]
      : [box(266, 340, 108, 50, 12, c.body)]
  return [glow(320, 196, 200), ...stand, ...head, ...dots].join('')
}

const film: Draw = (c, form) => {
  const roll = (x: number, lean: number) =>
    `<g transform="rotate(${lean} ${x} 300)">${[
      box(x - 16, 172, 32, 30, 6, '#c9ced8'),
      box(x - 62, 194, 124, 190, 14, c.body),
      box(x - 62, 220, 124, 92, 0, form === 2 ? '#f4f4f4' : c.accent),
      box(x - 62, 194, 124, 16, 8, ink),
      box(x - 62, 372, 124, 16, 8, ink),
      `<text x="${x}" y="282" font-family="Georgia, serif" font-size="46" font-weight="700" text-anchor="middle" fill="${form === 2 ? ink : '#fff'}">${[200, 400, 100][form] ?? 200}</text>`,
      gleam(`M${x - 50} 214 h12 v150 h-12 z`, 0.3),
    ].join('')}</g>`
  const strip = [
    box(330, 250, 190, 96, 4, ink),
    ...Array.from({ length: 9 }, (_, n) => [
      box(340 + n * 20, 256, 10, 10, 2, c.disc),
      box(340 + n * 20, 330, 10, 10, 2, c.disc),
    ]).flat(),
    box(346, 274, 74, 48, 3, c.sky[1]),
    box(430, 274, 74, 48, 3, c.light),
  ]
  return [...strip, roll(256, -4)].join('')
}

const drone: Draw = (c, form) => {
  const span = [120, 160, 180][form] ?? 120
  const rotor = (x: number) =>
    [
      line(`M${x} 236 L${x} 204`, 10, c.dark),
      `<ellipse cx="${x}" cy="200" rx="${span * 0.5}" ry="9" fill="${c.light}" opacity="0.75"/>`,
      disc(x, 202, 9, ink),
    ].join('')
  return [
    line(`M${320 - span} 240 L${320 + span} 240`, 16, c.dark),
    rotor(320 - span),
    rotor(320 + span),
    shape('M246 236 q74 -56 148 0 l-18 62 q-56 22 -112 0 z', c.body),
    gleam('M270 232 q48 -34 98 -4 l-4 10 q-46 -24 -88 4 z', 0.35),
    form === 0 ? '' : line('M270 296 L244 384 M370 296 L396 384', 10, c.dark),
    form === 0 ? line('M284 300 L276 336 M356 300 L364 336', 10, c.dark) : line('M224 386 h40 M376 386 h40', 10, ink),
    box(286, 292, 68, 50, 16, ink),
    glass(320, 320, [18, 22, 28][form] ?? 18, c),
    disc(296, 262, 6, c.accent),
    disc(344, 262, 6, c.accent),
  ].join('')
}

const microphone: Draw = (c, form) => {
  if (form === 0) {
    return [
      `<g transform="rotate(-18 320 250)">${box(150, 218, 340, 62, 31, c.dark)}${box(150, 218, 190, 62, 31, c.body)}${Array.from({ length: 8 }, (_, n) => box(176 + n * 20, 232, 7, 34, 3, c.light)).join('')}${box(352, 218, 12, 62, 0, c.accent)}</g>`,
      line('M330 270 L330 384', 14, c.body),
      box(262, 380, 136, 14, 7, c.dark),
    ].join('')
  }
  if (form === 1) {
    return [
      line('M320 176 C320 300 430 260 430 330', 6, c.dark),
      box(376, 300, 108, 88, 16, c.body),
      box(392, 316, 76, 30, 6, ink),
      disc(430, 366, 8, c.accent),
      box(286, 96, 68, 104, 34, c.dark),
      box(292, 102, 56, 56, 28, c.light),
      line('M300 116 h40 M300 130 h40 M300 144 h40', 4, c.dark),
      box(270, 196, 100, 14, 7, c.accent),
    ].join('')
  }
  return [
    disc(266, 178, 62, c.body),
    disc(374, 178, 62, c.dark),
    ring(266, 178, 46, 5, c.light),
    ring(374, 178, 46, 5, c.light),
    ring(266, 178, 28, 5, c.light),
    ring(374, 178, 28, 5, c.light),
    box(292, 214, 56, 150, 18, ink),
    box(300, 300, 40, 12, 4, c.accent),
    box(256, 376, 128, 16, 8, c.dark),
  ].join('')
}

const storage: Draw = (c, form) => {
  if (form === 2) {
    return [
      box(196, 150, 248, 240, 40, c.dark),
      box(216, 170, 208, 200, 24, c.body),
      box(240, 196, 160, 70, 10, ink),
      `<text x="320" y="246" font-family="Georgia, serif" font-size="40" font-weight="700" text-anchor="middle" fill="${c.accent}">2 TB</text>`,
      disc(262, 320, 10, c.accent),
      box(290, 312, 110, 16, 8, c.light),
      gleam('M230 178 h90 v8 h-86 z', 0.4),
    ].join('')
  }
  const card = (x: number, y: number, fill: string) =>
    shape(`M${x} ${y} h112 l32 34 v196 q0 14 -14 14 h-130 q-14 0 -14 -14 v-216 q0 -14 14 -14 z`, fill)
  const pins = Array.from({ length: 6 }, (_, n) => box(250 + n * 20, 160, 12, 36, 3, '#e7c873'))
  return [
    form === 1 ? card(290, 128, c.dark) : '',
    card(248, 146, c.body),
    ...pins,
    box(248, 220, 130, 96, 10, c.light),
    `<text x="313" y="284" font-family="Georgia, serif" font-size="${form === 0 ? 48 : 48}" font-weight="700" text-anchor="middle" fill="#fff">${form === 0 ? 128 : 512}</text>`,
    box(248, 332, 130, 10, 5, c.accent),
  ].join('')
}

const filter: Draw = (c, form) => {
  const tint = ['#dff2f7', '#9db8d9', '#5a5f6b'][form] ?? '#dff2f7'
  return [
    disc(330, 250, 140, c.dark),
    ring(330, 250, 132, 14, c.body),
    `<circle cx="330" cy="250" r="118" fill="${tint}" opacity="0.8"/>`,
    gleam('M250 200 A100 100 0 0 1 340 150 L330 172 A80 80 0 0 0 268 212 z', 0.7),
    form === 1 ? gleam('M236 300 L420 190 L428 206 L244 316 z', 0.35) : '',
    ...Array.from(
      { length: 12 },
      (_, n) => `<g transform="rotate(${n * 30} 330 250)">${box(327, 106, 6, 14, 2, c.light)}</g>`,
    ),
    box(240, 378, 180, 12, 6, c.accent),
  ].join('')
}

const frame: Draw = (c, form) => {
  const wide = [200, 300, 330][form] ?? 200
  const high = [270, 220, 300][form] ?? 270
  const edge = [24, 26, 12][form] ?? 24
  const wood = ['#c89b5f', '#5f3f2a', '#22252c'][form] ?? '#c89b5f'
  const x = 320 - wide / 2
  const y = 390 - high
  const inner = { x: x + edge + 26, y: y + edge + 26, w: wide - 2 * edge - 52, h: high - 2 * edge - 52 }
  const horizon = inner.y + inner.h * 0.62
  return [
    box(x, y, wide, high, 4, wood),
    gleam(`M${x} ${y} h${wide} l-${edge} ${edge} h-${wide - 2 * edge} z`, 0.22),
    box(x + edge, y + edge, wide - 2 * edge, high - 2 * edge, 2, '#fbfaf6'),
    box(inner.x, inner.y, inner.w, inner.h, 2, c.sky[1]),
    disc(inner.x + inner.w * 0.68, inner.y + inner.h * 0.34, Math.min(inner.w, inner.h) * 0.13, c.accent),
    shape(
      `M${inner.x} ${horizon} L${inner.x + inner.w * 0.34} ${inner.y + inner.h * 0.34} L${inner.x + inner.w * 0.62} ${horizon} z`,
      c.light,
    ),
    shape(
      `M${inner.x + inner.w * 0.3} ${horizon} L${inner.x + inner.w * 0.66} ${inner.y + inner.h * 0.46} L${inner.x + inner.w} ${horizon} z`,
      c.body,
    ),
    box(inner.x, horizon, inner.w, inner.y + inner.h - horizon, 0, c.dark),
  ].join('')
}

const power: Draw = (c, form) => {
  if (form === 1) {
    const cell = (x: number) =>
      [
        box(x, 170, 92, 130, 12, c.body),
        box(x + 10, 184, 72, 40, 6, c.light),
        box(x + 30, 244, 32, 8, 4, c.accent),
      ].join('')
    return [
      cell(218),
      cell(330),
      box(196, 286, 248, 104, 22, c.dark),
      disc(262, 340, 9, '#7bd88f'),
      disc(376, 340, 9, c.accent),
      box(296, 330, 48, 20, 6, ink),
    ].join('')
  }
  const x = form === 0 ? 244 : 214
  const wide = form === 0 ? 152 : 212
  const y = form === 0 ? 190 : 140
  return [
    form === 0 ? box(x + 24, y - 14, 104, 20, 6, '#c9ced8') : box(x + 60, y - 12, 92, 20, 8, c.dark),
    box(x, y, wide, 390 - y, 22, c.body),
    box(x, y, wide, 50, 22, c.light),
    shape(`M${324} ${y + 74} l-38 62 h28 l-12 50 l46 -70 h-28 z`, c.accent),
    ...Array.from({ length: 4 }, (_, n) => box(x + 24 + n * 26, 356, 16, 12, 4, n < 3 ? '#7bd88f' : c.dark)),
    gleam(`M${x + 14} ${y + 16} h12 v${340 - y} h-12 z`, 0.3),
  ].join('')
}

const things: Readonly<Record<string, Draw>> = {
  ...{ camera, lens, tripod, bag, light, film, drone, microphone, storage, filter, frame, power },
}

export function thing(kind: string, colours: Colours, form: number): string {
  const draw = things[kind]
  if (!draw) throw new Error(`nobody can draw "${kind}"`)
  return draw(colours, form)
}
