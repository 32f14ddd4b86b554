/** `@groundplan/s3`: buckets on any server that speaks S3. */
export { type S3Buckets, type S3Options, s3Buckets } from './bucket.ts'
export { bucketName } from './names.ts'
export { s3Client } from './objects.ts'
export type { DoorUploads, RoleUploads, S3Uploads } from './uploads.ts'
