/** All files of the self-hosted form. */
import { gitignore, makefile, readme } from './beside.ts'
import { composeYaml, devYaml, type Out, upstreams } from './compose-yaml.ts'
import {
  devDockerfile,
  devIgnore,
  ignoreFile,
  rootsOf,
  serverDockerfile,
  systemsConfig,
  systemsConfigText,
  webDockerfile,
} from './dockerfiles.ts'
import { nginxConf } from './nginx.ts'
import { type HostedProject, type Packages, packagesIn } from './project.ts'
import type { WrittenFile } from './write.ts'

/**
 * The files that host a project's systems on one machine with Docker Compose.
 * @param folder where they are to be written, from the project's folder, with `/`
 */
export function composeFiles(project: HostedProject, folder: string): readonly WrittenFile[] {
  const packages = packagesIn(project.root)
  const names = project.systems.map(({ name }) => name)
  const { systems, pages } = upstreams
  const { domains = [] } = project
  const out = {
    folder,
    back: folder
      .split('/')
      .map(() => '..')
      .join('/'),
  }
  const images = [
    ...serverImage(project, packages, out),
    ...(project.web === undefined ? [] : webImage(project, packages, project.web, out)),
  ]
  // Another host runs them: it has files of its own for the rest.
  if (project.engines) return images
  return [
    { path: 'docker-compose.yml', text: composeYaml(project, packages, out) },
    { path: 'docker-compose.dev.yml', text: devYaml(project, packages, out) },
    {
      path: 'nginx.conf',
      text: nginxConf({ names, systems, domains, ...(project.web === undefined ? {} : { pages }) }),
    },
    { path: 'nginx.dev.conf', text: nginxConf({ names, systems, dev: true }) },
    ...images,
    { path: 'dev.Dockerfile', text: devDockerfile(packages) },
    { path: 'dev.Dockerfile.dockerignore', text: devIgnore },
    { path: 'Makefile', text: makefile },
    { path: 'README.md', text: readme(project) },
    { path: '.gitignore', text: gitignore },
  ]
}

function serverImage(project: HostedProject, packages: Packages, { folder }: Out): readonly WrittenFile[] {
  const files = project.systems.flatMap(system => system.files)
  const needed = packages.neededBy(rootsOf(project, packages)).map(each => each.folder)
  const ignored = ignoreFile(packages, [...needed, ...files], folder)
  return [
    { path: 'server.Dockerfile', text: serverDockerfile(project, packages, folder) },
    { path: 'server.Dockerfile.dockerignore', text: ignored },
    { path: systemsConfig, text: systemsConfigText(project) },
  ]
}

function webImage(project: HostedProject, packages: Packages, web: string, { folder }: Out): readonly WrittenFile[] {
  const needed = packages.neededBy([packages.of(`${web}/package.json`).folder]).map(each => each.folder)
  return [
    { path: 'web.Dockerfile', text: webDockerfile(project, packages, web) },
    { path: 'web.Dockerfile.dockerignore', text: ignoreFile(packages, [...needed, web], folder) },
  ]
}
