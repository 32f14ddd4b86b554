/**
 * A sign for each kind of thing, on a square of 16 pixels, as strokes.
 */
import type { HandlerNode } from '../../plan/graph.ts'
import type { Box } from './picture.ts'

export const icons: Readonly<Record<Box['kind'] | HandlerNode['kind'], string>> = {
  // A window, a door, cogs that work.
  site: 'M1.5 3h13v10h-13zM1.5 6.2h13M3.7 4.6h.1M5.7 4.6h.1',
  gateway: 'M3 14V2h10v12M1 14h14M10.2 8v.6',
  service: 'M8 1.5l5.8 3.2v6.6L8 14.5l-5.8-3.2V4.7zM8 8l5.6-3.2M8 8v6.3M8 8L2.4 4.8',
  // What keeps.
  table: 'M1.5 2.5h13v11h-13zM1.5 6h13M1.5 9.8h13M6 6v7.5',
  view: 'M1 8c2-3.4 4.4-5 7-5s5 1.6 7 5c-2 3.4-4.4 5-7 5s-5-1.6-7-5zM8 6a2 2 0 1 0 .01 0z',
  database:
    'M2.5 3.8C2.5 2.4 5 1.5 8 1.5s5.5.9 5.5 2.3S11 6 8 6 2.5 5.2 2.5 3.8zM2.5 3.8v8.4c0 1.4 2.5 2.3 5.5 2.3s5.5-.9 5.5-2.3V3.8M2.5 8c0 1.4 2.5 2.2 5.5 2.2s5.5-.8 5.5-2.2',
  bucket: 'M2 3.5h12l-1.6 10H3.6zM2 3.5c0-1 2.7-1.8 6-1.8s6 .8 6 1.8',
  // What carries.
  queue: 'M1.5 4.5h3.5v7h-3.5zM6.5 4.5h3.5v7H6.5zM12 8h3M13.5 6.3L15.2 8l-1.7 1.7',
  topic:
    'M8 7a1 1 0 1 0 .01 0zM5.2 5a4.2 4.2 0 0 0 0 6M10.8 5a4.2 4.2 0 0 1 0 6M2.9 2.9a7.2 7.2 0 0 0 0 10.2M13.1 2.9a7.2 7.2 0 0 1 0 10.2',
  // What is outside.
  mailbox: 'M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5',
  connection: 'M6.5 9.5l3-3M7 4.7l1.6-1.6a3 3 0 0 1 4.3 4.3L11.3 9M9 11.3l-1.6 1.6a3 3 0 0 1-4.3-4.3L4.7 7',
  // What is told before.
  secret: 'M5 8a3 3 0 1 0 .01 0zM7.2 8.8L13.5 2.5M11 5l2 2',
  setting: 'M1.5 5h7M12.5 5h2M1.5 11h2M7.5 11h7M10.5 3a2 2 0 1 0 .01 0zM5.5 9a2 2 0 1 0 .01 0z',
  alarm: 'M3.5 11.5V7a4.5 4.5 0 0 1 9 0v4.5l1.2 1H2.3zM6.7 14.3h2.6',
  // Handlers.
  endpoint: 'M2 8h11M9 4l4 4-4 4',
  consumer: 'M1.5 8h6M5 5l3 3-3 3M10 3h4.5v10H10',
  subscriber: 'M9.5 1.5L3 9h4.5l-1 5.5L13 7H8.5z',
  schedule: 'M8 1.5a6.5 6.5 0 1 0 .01 0zM8 4.5V8l2.5 1.5',
  retention: 'M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9',
  reaction: 'M9.5 1.5L3 9h4.5l-1 5.5L13 7H8.5z',
}
