/**
 * What is asked of SES, by Amazon's client: it takes long to load, so nothing here is loaded in a function of Lambda before
 * the first mail goes (`mail.ts` asks for it).
 */
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { createTransport } from 'nodemailer'
import { type AwsOptions, clientOptions } from './client.ts'

export function sesTransport(options: AwsOptions) {
  const sesClient = new SESv2Client(clientOptions(options))
  return { transport: createTransport({ SES: { sesClient, SendEmailCommand } }), close: () => sesClient.destroy() }
}
