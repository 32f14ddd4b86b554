/**
 * A place for the doors of one plan's versions, one after the other. While it is held, calls wait; then they go to the
 * door that has come, by the method and path they asked for.
 */
import type { Answer, Asked, Door, DoorRoute } from '../runtime/door.ts'

export class Doorway {
  #door: Door
  #opened: Promise<void> | undefined
  #release: () => void = () => {}

  constructor(door: Door) {
    this.#door = door
  }

  /** Calls wait from now on. */
  hold(): void {
    this.#opened ??= new Promise(resolve => {
      this.#release = resolve
    })
  }

  /** Lets the calls that wait, and those that come, through this door. */
  open(door: Door): void {
    this.#door = door
    this.#opened = undefined
    this.#release()
  }

  /** The door that is open now, as a server is given it: its calls wait when they have to. */
  door(): Door {
    const door = this.#door
    return {
      ...door,
      call: (route, asked) => (this.#opened ? this.#later(route, asked) : this.#call(door, route, asked)),
    }
  }

  async #later(route: DoorRoute, asked: Asked): Promise<Answer> {
    while (this.#opened) await this.#opened
    return this.#call(undefined, route, asked)
  }

  #call(door: Door | undefined, route: DoorRoute, asked: Asked): Promise<Answer> {
    if (door === this.#door) return door.call(route, asked)
    const same = this.#door.routes.find(each => isSame(each, route))
    if (same) return this.#door.call(same, asked)
    return Promise.resolve(this.#door.refuse('no-such-route', 'there is nothing at this address any more'))
  }
}

function isSame(left: DoorRoute, right: DoorRoute): boolean {
  return (
    left.gateway === right.gateway &&
    left.endpoint.method === right.endpoint.method &&
    left.endpoint.path === right.endpoint.path
  )
}
