/** Records of telemetry for tests, each with what matters to it alone. */
import type { LogRecord, SpanRecord, TelemetryReader } from '../../contract/telemetry.ts'

/** An id as the runtime makes them: 32 characters, of which a number decides all. */
export function traceId(number: number): string {
  const spread = Math.imul(number + 1, 0x9e3779b1) >>> 0
  return spread.toString(16).padStart(8, '0') + number.toString(16).padStart(24, '0')
}

export function spanOf(trace: number, more: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: traceId(trace),
    spanId: '00f067aa0ba902b7',
    name: 'server/sell',
    kind: 'server',
    startMs: 1_000,
    endMs: 1_010,
    attributes: {},
    ...more,
  }
}

export function logOf(message: string, more: Partial<LogRecord> = {}): LogRecord {
  return { level: 'info', atMs: 1_000, message, plan: 'counter', ...more }
}

/** All messages, as they come. */
export async function messagesOf(logs: ReturnType<TelemetryReader['logs']>): Promise<readonly string[]> {
  const messages: string[] = []
  for await (const { message } of logs) messages.push(message)
  return messages
}
