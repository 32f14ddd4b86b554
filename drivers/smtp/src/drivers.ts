/** `@groundplan/smtp`: mail by SMTP. */
export { type SmtpMail, type SmtpOptions, smtpMail } from './mail.ts'
