// Debian's Chromium, driven by playwright-core.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { forget, remember } from './opened.js';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];

export async function launchBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? PLACES.find(existsSync),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    timeout: 60_000,
  });
  browser.on('disconnected', () => forget(browser));
  return remember(browser);
}
