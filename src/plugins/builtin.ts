import type { PluginCatalog } from '../contracts/plugin.ts'
import { defaultAlertPolicy } from './alert-policies/default/plugin.ts'
import { noopAlertPolicy } from './alert-policies/noop/plugin.ts'
import { anthropicAnalyzer } from './analyzers/anthropic/plugin.ts'
import { fallbackAnalyzer } from './analyzers/fallback/plugin.ts'
import { googleAnalyzer } from './analyzers/google/plugin.ts'
import { mockAnalyzer } from './analyzers/mock/plugin.ts'
import { openaiAnalyzer } from './analyzers/openai/plugin.ts'
import { hogFilter } from './filters/hog/plugin.ts'
import { mockFilter } from './filters/mock/plugin.ts'
import { yoloFilter } from './filters/yolo/plugin.ts'
import { consoleNotifier } from './notifiers/console/plugin.ts'
import { emailNotifier } from './notifiers/email/plugin.ts'
import { mqttNotifier } from './notifiers/mqtt/plugin.ts'
import { ntfyNotifier } from './notifiers/ntfy/plugin.ts'
import { pushoverNotifier } from './notifiers/pushover/plugin.ts'
import { telegramNotifier } from './notifiers/telegram/plugin.ts'
import { webhookNotifier } from './notifiers/webhook/plugin.ts'
import { folderSource } from './sources/folder/plugin.ts'
import { ftpSource } from './sources/ftp/plugin.ts'
import { rtspSource } from './sources/rtsp/plugin.ts'
import { dropboxStorage } from './storage/dropbox/plugin.ts'
import { localStorage } from './storage/local/plugin.ts'
import { mirrorStorage } from './storage/mirror/plugin.ts'
import { s3Storage } from './storage/s3/plugin.ts'
import { sftpStorage } from './storage/sftp/plugin.ts'
import { webdavStorage } from './storage/webdav/plugin.ts'

/** Every plugin this build ships with. Adding one is a folder and a line here. */
export const builtinPlugins: PluginCatalog = {
  source: [rtspSource, ftpSource, folderSource],
  storage: [localStorage, s3Storage, dropboxStorage, mirrorStorage, webdavStorage, sftpStorage],
  filter: [yoloFilter, hogFilter, mockFilter],
  analyzer: [openaiAnalyzer, anthropicAnalyzer, googleAnalyzer, fallbackAnalyzer, mockAnalyzer],
  alert_policy: [defaultAlertPolicy, noopAlertPolicy],
  notifier: [consoleNotifier, emailNotifier, mqttNotifier, pushoverNotifier, webhookNotifier, telegramNotifier, ntfyNotifier],
}
