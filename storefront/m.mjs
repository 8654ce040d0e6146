import { chromium } from 'playwright-core';
const B=process.argv[2];
const browser = await chromium.launch({ executablePath:'/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const { items } = await (await fetch(B+'/api/v1/products?limit=24')).json();
for (const [name,path] of Object.entries({home:'/',list:'/products',product:'/products/'+items[2].handle,cart:'/cart',login:'/login'})) {
  const all=[];
  for (let i=0;i<3;i++) {
  const ctx = await browser.newContext({ viewport:{width:390,height:844}, deviceScaleFactor:2, isMobile:true, hasTouch:true });
  const page = await ctx.newPage();
  const cdp = await ctx.newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate',{rate:4});
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions',{ offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 });
  await page.addInitScript(()=>{ window.long=[]; new PerformanceObserver((l)=>{for(const e of l.getEntries()) window.long.push([Math.round(e.startTime),Math.round(e.duration)]);}).observe({type:'longtask',buffered:true});
   window.paint={}; new PerformanceObserver((l)=>{for(const e of l.getEntries()) window.paint[e.entryType==='paint'?e.name:'lcp']=Math.round(e.startTime);}).observe({type:'paint',buffered:true}); new PerformanceObserver((l)=>{for(const e of l.getEntries()) window.paint.lcp=Math.round(e.startTime);}).observe({type:'largest-contentful-paint',buffered:true}); });
  await page.goto(B+path,{waitUntil:'networkidle'});
  all.push(await page.evaluate(()=>({long:window.long,paint:window.paint})));
  await ctx.close(); }
  for (const a of all) console.log(name, 'fcp', a.paint['first-contentful-paint'],'lcp',a.paint.lcp, 'max', Math.max(0,...a.long.map(([,d])=>d)), 'long', JSON.stringify(a.long));
}
await browser.close();
