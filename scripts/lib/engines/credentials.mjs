/** How clients name themselves to the stand-ins. Not secret: most believe any, S3Proxy and Exim these. */
export const credentials = { accessKeyId: 'groundplan', secretAccessKey: 'groundplan-secret' }
