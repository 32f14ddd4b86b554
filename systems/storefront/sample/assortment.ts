/**
 * The sample assortment: what a camera shop sells, of six makers that do not exist. Written as data; the same each time.
 */

/** A model: its name, its price at the middle maker in cents, how many there are, and a line about it. */
type Model = readonly [name: string, cents: number, stock: number, about: string]

interface Department {
  readonly category: string
  readonly kind: string
  readonly models: readonly [Model, Model, Model]
}

const makers = [
  { name: 'Halden', factor: 80 },
  { name: 'Mira', factor: 90 },
  { name: 'Orrin', factor: 100 },
  { name: 'Sollund', factor: 115 },
  { name: 'Tarn', factor: 135 },
  { name: 'Velory', factor: 170 },
] as const

const departments: readonly Department[] = [
  {
    category: 'cameras',
    kind: 'camera',
    models: [
      ['Pocket camera', 29_900, 40, 'Fits a jacket, starts in half a second, and forgives a shaky hand.'],
      ['System camera', 94_900, 25, 'A body that grows with its lenses: sealed, quiet, quick to focus.'],
      ['Studio camera', 219_900, 9, 'Large sensor, two card slots, a grip for long days.'],
    ],
  },
  {
    category: 'lenses',
    kind: 'lens',
    models: [
      ['Wide-angle lens 24 mm', 44_900, 30, 'Rooms, streets and skies, straight to the corners.'],
      ['Portrait lens 85 mm', 59_900, 20, 'Gentle backgrounds and a sharp glance.'],
      ['Zoom lens 70–200 mm', 129_900, 12, 'From the touchline to the far goal.'],
    ],
  },
  {
    category: 'tripods',
    kind: 'tripod',
    models: [
      ['Travel tripod', 15_900, 80, 'Folds to the length of a forearm, stands in a river.'],
      ['Studio tripod', 34_900, 22, 'Heavy on purpose, with a geared centre column.'],
      ['Table tripod', 4_900, 140, 'For desks, walls and the roofs of cars.'],
    ],
  },
  {
    category: 'bags',
    kind: 'bag',
    models: [
      ['Sling bag', 7_900, 90, 'One strap, one camera, two lenses, no fuss.'],
      ['Backpack', 14_900, 60, 'Opens at the back, stays dry, carries a laptop.'],
      ['Roll-top bag', 11_900, 45, 'Waxed canvas that gets better with rain.'],
    ],
  },
  {
    category: 'lighting',
    kind: 'light',
    models: [
      ['Light panel', 18_900, 35, 'Even light from candle to noon, on a battery.'],
      ['Light tube', 12_900, 50, 'A metre of any colour, in the picture or beside it.'],
      ['Flash', 22_900, 28, 'Enough for a church, gentle enough for a face.'],
    ],
  },
  {
    category: 'film',
    kind: 'film',
    models: [
      ['Colour film 200', 1_290, 400, 'Warm skin, calm greens, fine grain. 36 pictures.'],
      ['Colour film 400', 1_490, 350, 'For evenings and overcast days. 36 pictures.'],
      ['Black and white film 100', 1_190, 260, 'Deep blacks, long greys. 36 pictures.'],
    ],
  },
  {
    category: 'drones',
    kind: 'drone',
    models: [
      ['Mini drone', 39_900, 18, 'Light enough to need no licence in many places.'],
      ['Survey drone', 159_900, 6, 'Flies a grid by itself and comes home.'],
      ['Cinema drone', 249_900, 4, 'Carries a real camera, holds it still in wind.'],
    ],
  },
  {
    category: 'microphones',
    kind: 'microphone',
    models: [
      ['Shotgun microphone', 16_900, 33, 'Hears what the camera looks at.'],
      ['Clip-on microphone', 8_900, 75, 'Small, wireless, unnoticed on a collar.'],
      ['Stereo microphone', 13_900, 26, 'The width of a room, with a fur coat against wind.'],
    ],
  },
  {
    category: 'storage',
    kind: 'storage',
    models: [
      ['Memory card 128 GB', 2_900, 500, 'Keeps up with bursts, survives the washing machine.'],
      ['Memory card 512 GB', 8_900, 210, 'A wedding on one card, and the copy on another.'],
      ['Field drive 2 TB', 21_900, 48, 'Copies cards without a computer, in a rubber shell.'],
    ],
  },
  {
    category: 'filters',
    kind: 'filter',
    models: [
      ['Protective filter 67 mm', 2_400, 160, 'Thin glass that takes the scratch instead of the lens.'],
      ['Polariser 77 mm', 6_900, 70, 'Takes the glare off water and leaves.'],
      ['Grey filter 82 mm', 7_900, 55, 'Ten stops darker: waterfalls turn to silk.'],
    ],
  },
  {
    category: 'frames',
    kind: 'frame',
    models: [
      ['Oak frame A4', 3_900, 120, 'Solid oak, glass that does not mirror the window.'],
      ['Walnut frame A3', 6_400, 80, 'Dark wood with a mount cut by hand.'],
      ['Steel frame A2', 8_900, 40, 'Slim, black, made for large prints.'],
    ],
  },
  {
    category: 'power',
    kind: 'power',
    models: [
      ['Spare battery', 4_900, 200, 'Another four hundred pictures.'],
      ['Twin charger', 5_900, 95, 'Two at once, from any socket or a laptop.'],
      ['Field power bank', 12_900, 52, 'A weekend without a wall.'],
    ],
  },
]

export interface Sample {
  readonly productId: string
  readonly name: string
  readonly description: string
  readonly category: string
  readonly cents: number
  readonly stock: number
  /** What its picture shows, in which of three forms and six colours. */
  readonly kind: string
  readonly form: number
  readonly colours: number
}

/** The last of its kind: of it there is one. */
const last: Sample = {
  productId: 'last-camera',
  name: 'The last of its kind',
  description: 'Nobody makes it any more. There is one.',
  category: 'cameras',
  cents: 149_900,
  stock: 1,
  kind: 'camera',
  form: 0,
  colours: 4,
}

/** All of it: 217 products in twelve categories. */
export function assortment(): readonly Sample[] {
  const made = departments.flatMap(department =>
    makers.flatMap((maker, colours) =>
      department.models.map((model, form) => sample(department, model, form, maker, colours)),
    ),
  )
  return [...made, last]
}

function sample(
  { category, kind }: Department,
  [model, middle, stock, about]: Model,
  form: number,
  { name: maker, factor }: (typeof makers)[number],
  colours: number,
): Sample {
  const name = `${maker} ${model}`
  // Prices end as prices do.
  const cents = Math.round((middle * factor) / 10_000) * 100 - (middle < 2_000 ? 10 : 0)
  return { productId: idOf(name), name, description: about, category, cents, stock, kind, form, colours }
}

function idOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
