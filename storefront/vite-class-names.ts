import { basename } from 'node:path';

const files = new Map<string, string>();

/**
 * Names a class after its file, such as `ProductCard_title`, so that the server can use it in the first view. Two files of the
 * same name would share their classes.
 */
export function generateScopedName(name: string, file: string): string {
  const path = file.split('?')[0] ?? file;
  const component = (path.includes('/src/admin/') ? 'Admin' : '') + basename(path, '.module.css');
  const other = files.get(component);
  if (other !== undefined && other !== path) throw new Error(`${other} and ${path} must not have the same name`);
  files.set(component, path);
  return `${component}_${name}`;
}
