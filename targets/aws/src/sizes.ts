/** Sizes: all that differs between environments by how much they are used. Data, so that a config is read at once. */

export interface Sizes {
  /** Availability zones: of a balancer, tasks and subnets. */
  readonly zones: 2 | 3
  /** How tasks reach the world: a gateway in each zone, or one small instance for all (development). */
  readonly outlet: 'gateways' | 'instance'
  /** Units of 1,024 a processor, and memory: Fargate takes certain pairs. */
  readonly taskCpu: 256 | 512 | 1024 | 2048 | 4096
  readonly taskMemoryMb: number
  readonly tasksLeast: number
  readonly tasksMost: number
  /** The share of tasks, 0 to 1, that may run on spare capacity which Amazon can take back. */
  readonly spotShare: number
  readonly functionMemoryMb: number
  /** Functions that are kept warm for each service; 0: none. */
  readonly provisioned: number
  /** Copies of the database, each in a zone of its own, and what one of them takes: 1 unit is 2 GB of memory; 0: it rests. */
  readonly databaseCopies: 1 | 2 | 3
  readonly databaseUnitsLeast: number
  readonly databaseUnitsMost: number
  readonly logDays: 1 | 3 | 7 | 14 | 30 | 60 | 90 | 180 | 365
  /** Whether data outlives a mistake: protection from deletion, copies of 35 days, kept when a stack goes. */
  readonly protectData: boolean
  /** A firewall before each door. */
  readonly firewall: boolean
}

/** What development costs little with. */
export const smallest: Sizes = {
  zones: 2,
  outlet: 'instance',
  taskCpu: 256,
  taskMemoryMb: 512,
  tasksLeast: 1,
  tasksMost: 2,
  spotShare: 1,
  functionMemoryMb: 512,
  provisioned: 0,
  databaseCopies: 1,
  databaseUnitsLeast: 0,
  databaseUnitsMost: 1,
  logDays: 14,
  protectData: false,
  firewall: true,
}

/** What customers are served with. */
export const usual: Sizes = {
  zones: 2,
  outlet: 'gateways',
  taskCpu: 512,
  taskMemoryMb: 1024,
  tasksLeast: 2,
  tasksMost: 10,
  spotShare: 0.5,
  functionMemoryMb: 1024,
  provisioned: 0,
  databaseCopies: 2,
  databaseUnitsLeast: 0.5,
  databaseUnitsMost: 16,
  logDays: 90,
  protectData: true,
  firewall: true,
}
