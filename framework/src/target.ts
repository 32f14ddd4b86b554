/**
 * `groundplan/target`: what whoever ships a plan to a host needs of it: its graph and parts, the shape that engines are
 * told, the names and tables that the framework keeps beside the plan's, and the addresses of gateways.
 */
export type { Bundling, CodeBundle } from './contract/code-bundle.ts'
export type {
  Approval,
  ApprovalRequest,
  Deployment,
  DeploymentEnd,
  DeploymentProgress,
  Removal,
  Removed,
  Shipping,
  Signed,
} from './contract/deployment.ts'
export { limits } from './contract/limits.ts'
export { mailTable } from './contract/mail-once.ts'
export { handlerQueue, mailQueue, secretName, settingName } from './contract/names.ts'
export type {
  Flow,
  FlowStage,
  Level,
  Pipeline,
  PipelineDocuments,
  PipelineHost,
  Traffic,
} from './contract/pipeline.ts'
export { hasQueue, shapeOf } from './contract/plan-shape.ts'
export { problems } from './contract/problem-table.ts'
export { Fault, fault, isFault, type ProblemCode } from './contract/problems.ts'
export type { QueueShape } from './contract/queue.ts'
export { schedulesTable } from './contract/schedule.ts'
export type { TableShape } from './contract/store.ts'
export type { ContainerEngines, Domains, Target, TargetChange, TargetChanges, TargetFiles } from './contract/target.ts'
export { baseOf } from './http/addresses.ts'
export { type Graph, graphOf } from './plan/graph.ts'
export { handlersOf, isHandler, type NamedHandler, type Parts, partsOf, resourcesOf, type Use } from './plan/parts.ts'
export type { Plan } from './plan/plan.ts'
export { milliseconds } from './plan/words.ts'
export { runtimeTables } from './runtime/runtime.ts'
