import { definePlugin } from '../../../contracts/plugin.ts'
import { EmailConfigSchema, portOf } from './config.ts'

export const emailNotifier = definePlugin({
  kind: 'notifier',
  name: 'email',
  config: EmailConfigSchema,
  async create(config, host) {
    const { EmailNotifier } = await import('./email-notifier.ts')
    const { smtp, sendgrid } = config
    if (smtp !== undefined) {
      const { SmtpTransport } = await import('./smtp-transport.ts')
      return new EmailNotifier(config, new SmtpTransport(config, smtp, host), `the mail server ${smtp.host}:${portOf(smtp)}`)
    }
    if (sendgrid === undefined) throw new Error('neither smtp nor sendgrid') // the schema takes no such config
    const { SendGridTransport } = await import('./sendgrid-transport.ts')
    return new EmailNotifier(config, new SendGridTransport(config, sendgrid, host), 'SendGrid')
  },
})
