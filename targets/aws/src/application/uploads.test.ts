import { bucket, consumer, plan, queue, service } from 'groundplan'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { templatesOf } from '../synth.ts'
import { systemOf } from '../system.ts'
import { allows } from '../test/evaluator.ts'
import { settings } from '../test/shop.ts'

const videos = bucket('videos')
const photos = bucket('photos')
const jobs = queue('jobs', { message: z.object({ id: z.string() }) })
const render = consumer(jobs, { uses: { videos: videos.uploader, photos: photos.reader }, handle: () => {} })
const cinema = plan('cinema', { services: [service('renderer', { render }), service('idle', {})] })

describe.each(['functions', 'containers'] as const)('an uploader in %s', compute => {
  const { Resources } = JSON.parse(
    templatesOf(systemOf(cinema, 'test', { ...settings, compute }))['CloudFormation-application.json'] ?? '{}',
  )
  const { Properties: role } = Resources.UploadRole
  const own = Resources.RoleRenderer.Properties.Policies[0].PolicyDocument
  const here = 'arn:aws:iam::000000000000:role/cinema-test-uploads'

  it('takes on a role that may put into its bucket and drop uploads, and nothing else', () => {
    const [{ PolicyDocument: may }] = role.Policies
    const object = (name: string) => `arn:aws:s3:::cinema-example-org-test-${name}/films/one.mp4`
    for (const action of ['s3:PutObject', 's3:AbortMultipartUpload']) {
      expect(allows(may, { action, arn: object('videos') })).toBe(true)
      expect(allows(may, { action, arn: object('photos') })).toBe(false)
    }
    for (const action of ['s3:GetObject', 's3:DeleteObject', 's3:ListBucket']) {
      expect(allows(may, { action, arn: object('videos') })).toBe(false)
    }
  })

  it('is the only one who may take it on, and cannot put anything by itself', () => {
    expect(role.RoleName).toBe('cinema-test-uploads')
    const [{ Principal }] = role.AssumeRolePolicyDocument.Statement
    expect(Principal).toEqual({ AWS: [{ 'Fn::GetAtt': ['RoleRenderer', 'Arn'] }] })
    expect(allows(own, { action: 'sts:AssumeRole', arn: here })).toBe(true)
    expect(allows(own, { action: 's3:PutObject', arn: 'arn:aws:s3:::cinema-example-org-test-videos/a' })).toBe(false)
    expect(JSON.stringify(Resources.RoleIdle)).not.toContain('AssumeRole","Resource')
  })

  it('is told where the role is: of containers all are, since one image serves every service, and needs the words of its config', () => {
    const told = Object.keys(Resources).filter(id =>
      JSON.stringify(Resources[id]).includes('GROUNDPLAN_AWS_UPLOAD_ROLE'),
    )
    expect(told.sort()).toEqual(compute === 'functions' ? ['FunctionRenderer'] : ['TaskIdle', 'TaskRenderer'])
  })
})
