/**
 * `groundplan/lambda`: what the bundle of a function is made from. Nobody writes it by hand:
 * `groundplan bundle` and `groundplan deploy` do.
 */
export { systemClock } from './embedded/clock.ts'
export { type LambdaOptions, lambdaHandler } from './http/lambda.ts'
