import { expect, test } from 'vitest'
import { fillTopic, topicProblem } from './topic.ts'

test.each([
  ['homecam/alerts/{camera_name}', null],
  ['one', null],
  ['homecam/{camera}', 'unknown placeholder {camera}; known: {camera_name}'],
  ['homecam/{}', 'unknown placeholder {}; known: {camera_name}'],
  ['homecam/{camera_name', 'a { or } without its partner'],
  ['homecam/+/alerts', '+ and # are wildcards for subscribers; nobody can publish on them'],
  ['homecam/#', '+ and # are wildcards for subscribers; nobody can publish on them'],
  ['$SYS/x', 'topics that begin with $ belong to the broker'],
  ['a\u0000b', 'control characters are not allowed'],
  ['', 'a topic cannot be empty'],
  ['x'.repeat(1025), 'longer than 1024 bytes'],
])('topic %j: %s', (template, problem) => {
  expect(topicProblem(template, ['camera_name'])).toBe(problem)
})

test('a topic that takes no placeholder says so', () => {
  expect(topicProblem('a/{camera_name}', [])).toBe('unknown placeholder {camera_name}; this topic takes none')
})

test('a value cannot add levels or wildcards', () => {
  expect(fillTopic('a/{camera_name}/b', { camera_name: 'x/+/#\n' })).toBe('a/x_____/b')
})
