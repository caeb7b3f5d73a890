#!/usr/bin/env node
// Starts svcat.
import { launch } from '../../bin/launch.js';

await launch('svcat', 'cli/main');
