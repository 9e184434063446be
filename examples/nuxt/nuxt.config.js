export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  app: { head: { title: 'Background fetch with Nuxt' } },
  telemetry: false,
});
