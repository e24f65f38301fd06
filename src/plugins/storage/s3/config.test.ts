import { expect, test } from 'vitest'
import { configNames } from '../../../testkit/plugin-host.ts'
import { endpointOf, S3ConfigSchema } from './config.ts'
import { s3Storage } from './plugin.ts'

const problems = (config: object) => s3Storage.problems({ bucket: 'clips', ...config }, configNames())

test.each([
  {},
  { endpoint: 'http://nas.lan:9000' },
  { endpoint: 'http://192.168.1.9:9000/' },
  { endpoint: 'https://project.supabase.co/storage/v1/s3' },
  { prefix: '/home/front/' },
  { view_url_expires_s: 0 },
  { view_url_expires_s: null },
  { server_side_encryption: 'aws:kms', kms_key_id: 'alias/clips' },
])('the config %j is taken', (config) => {
  expect(problems(config)).toEqual([])
})

test.each([
  [{ bucket: 's3://clips' }, ['bucket']],
  [{ bucket: 'clips/front' }, ['bucket']],
  [{ endpoint: 'http://s3.example.com' }, ['endpoint']],
  [{ endpoint: 'HTTP://s3.example.com' }, ['endpoint']],
  [{ endpoint: 'https://me:secret@s3.example.com' }, ['endpoint']],
  [{ endpoint: 's3.example.com' }, ['endpoint']],
  [{ prefix: 'a/../b' }, ['prefix']],
  [{ region: 'Frankfurt' }, ['region']],
  [{ access_key_id_env: 'AKIA/secret' }, ['access_key_id_env']],
  [{ part_size_bytes: 1_000_000 }, ['part_size_bytes']],
  [{ storage_class: 'DEEP_ARCHIVE' }, ['storage_class']],
  [{ kms_key_id: 'alias/clips' }, ['kms_key_id']],
  [{ view_url_expires_s: 604_801 }, ['view_url_expires_s']],
  [{ view_url_prefix: 'https://cdn.example.com/?token=1' }, ['view_url_prefix']],
  [{ buckets: 'clips' }, ['buckets']],
])('the config %j is refused at %j', (config, path) => {
  expect(problems(config).map((problem) => problem.path)).toEqual([path])
})

test('without an endpoint it is AWS in the region, whatever the environment says', () => {
  expect(endpointOf({ endpoint: null, region: 'eu-central-1' })).toBe('https://s3.eu-central-1.amazonaws.com')
  expect(endpointOf({ endpoint: null, region: 'cn-north-1' })).toBe('https://s3.cn-north-1.amazonaws.com.cn')
  expect(endpointOf({ endpoint: 'http://nas.lan:9000', region: 'us-east-1' })).toBe('http://nas.lan:9000')
})

test('slashes around the prefix do not matter', () => {
  expect(S3ConfigSchema.parse({ bucket: 'clips', prefix: '/home/' }).prefix).toBe('home')
})
