// A server over a marketplace of its own, which a test starts and stops.
import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

export const TOKEN = 'a-token-for-this-test-alone';

export class Marketplace {
  constructor({barker, directory, weights}) {
    this.barker = barker;
    this.directory = directory;
    this.weights = weights;
    rmSync(directory, {recursive: true, force: true});
    mkdirSync(directory, {recursive: true});
    this.run('generate', 'marketplace', '--out', this.path('market'));
    this.run('index', '--ads', this.path('market/catalogue.jsonl'), '--out', this.path('index'));
    this.publish();
    // Everybody takes part, and both arms show the same.
    writeFileSync(this.path('experiments.toml'), ['[[experiment]]', 'name = "same"',
      ...['a', 'b'].flatMap((arm) => ['[[experiment.arm]]', `name = "${arm}"`, 'share = 0.5'])].join('\n'));
  }

  path(name) { return join(this.directory, name); }
  run(...args) { return execFileSync(this.barker, args, {encoding: 'utf8', stdio: 'pipe'}); }
  publish(...more) { this.run('publish', this.weights, '--out', this.path('weights'), ...more); }

  // Returns the address.
  async start() {
    this.process = spawn(this.barker, [
      'serve', '--index', this.path('index'), '--weights', this.path('weights'),
      '--users', this.path('market/users.jsonl'), '--page-users', 'anna,ben,chen',
      '--listen', '127.0.0.1:0', '--features-exploration', '0', '--probation', '0s',
      '--experiments', this.path('experiments.toml'), '--server-deadline', '2s', '--server-ready-grace', '0s',
    ], {env: {...process.env, BARKER_SERVER_ADMIN_TOKEN: TOKEN}});
    this.said = '';
    this.process.stderr.on('data', (text) => { this.said += text; });
    return new Promise((resolve, reject) => {
      this.process.stdout.once('data', (text) => resolve(String(text).split('\n')[0]));
      this.process.once('exit', (code) => reject(new Error(`barker serve ended with ${code}: ${this.said}`)));
    });
  }

  async stop() {
    this.process.removeAllListeners('exit');
    const ended = new Promise((resolve) => { this.process.once('exit', resolve); });
    this.process.kill('SIGTERM');
    return ended;
  }
}
