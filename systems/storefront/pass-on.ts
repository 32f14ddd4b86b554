/**
 * What a BFF does with the backend's reply: the value is the answer, and so is the problem.
 */
export function passedOn<Value, Problem>(
  reply: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: Problem },
): Value | Problem {
  return reply.ok ? reply.value : reply.problem
}
