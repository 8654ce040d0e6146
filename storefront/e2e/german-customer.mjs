// A customer who reads the shop in German, in a browser of their own.
import { openBrowser } from './browser.mjs';

export async function germanCustomer(baseUrl, screenshotDir) {
  const { page, problems, inspectAll, fail, close } = await openBrowser(baseUrl, screenshotDir, 'de');
  page.setDefaultTimeout(20_000);
  const open = (path) => page.goto(new URL(path, baseUrl).href);
  const button = (name) => page.getByRole('button', { name, exact: true });

  const label = (name) => page.getByLabel(name, { exact: true });
  let orderUrl = '';

  return {
    problems,
    fail,
    close,

    async findsClosedShop(begin) {
      begin('a customer finds the products, and that the shop takes no orders yet');
      await open('/products');
      await page.getByRole('link', { name: 'Stoneware Mug' }).waitFor();
      await inspectAll('new-products');
      await page.getByRole('link', { name: 'Stoneware Mug' }).click();
      await page.getByRole('radio', { name: 'Moss' }).check();
      await button('In den Warenkorb').click();
      await page.getByRole('region', { name: 'Hinweis' }).getByRole('link', { name: 'Warenkorb ansehen' }).click();
      await page.getByText('Dieser Shop nimmt noch keine Bestellungen an.').waitFor();
      await inspectAll('closed-cart');
    },

    /** Registers, and buys two mugs and an apron. Returns the number of the order. */
    async buys(begin) {
      begin('the customer registers');
      await open('/register');
      await label('Name').fill('Jonas Berg');
      await label('E-Mail-Adresse').fill('jonas.berg@example.com');
      await label('Passwort').fill('acht blaue Regenschirme');
      await inspectAll('register');
      await button('Konto erstellen').click();
      await page.getByRole('region', { name: 'Hinweis' }).getByText('Ihr Konto wurde erstellt.').waitFor();

      begin('the customer sees the looks of the shop, a legal page and the price before the reduction');
      await open('/');
      await page.getByRole('heading', { level: 1, name: 'Schönes für Küche und Haus' }).waitFor();
      await page.getByRole('contentinfo').getByText('Entdecken').waitFor();
      await inspectAll('home');
      await page.getByRole('contentinfo').getByRole('link', { name: 'Impressum' }).last().click();
      await page.getByRole('heading', { name: 'Angaben gemäß § 5 DDG' }).waitFor();
      await inspectAll('imprint');
      await open('/products/linen-apron');
      await page.getByText('Niedrigster Preis der letzten 30 Tage vor der Reduzierung').first().waitFor();
      await inspectAll('product');
      await button('In den Warenkorb').click();
      await page.getByRole('region', { name: 'Hinweis' }).getByText('Linen Apron').waitFor();

      begin('the customer checks out');
      await open('/cart');
      await page.getByText('Moss').waitFor();
      await page.getByRole('group', { name: 'Menge von Stoneware Mug' }).getByRole('button', { name: 'Menge erhöhen' }).click();
      await inspectAll('cart');
      await page.getByRole('link', { name: 'Zur Kasse' }).click();
      await page.getByRole('heading', { level: 1, name: 'Kasse' }).waitFor();
      await label('Straße und Hausnummer').fill('Unter den Linden 77');
      await label('Postleitzahl').fill('10117');
      await label('Ort').fill('Berlin');
      await button('Weiter zum Versand').click();
      await page.getByRole('radio', { name: /Standard/ }).check();
      await button('Weiter zur Zahlung').click();
      await label('Name auf der Karte').fill('AUTHORISED');
      await label('Kartennummer').fill('4444333322221111');
      await label('Gültig bis').fill('03/30');
      await label('Prüfziffer (CVC)').fill('737');
      await button('Weiter zur Bestellübersicht').click();
      await page.getByText('Mit Ihrer Bestellung stimmen Sie unseren Allgemeinen Geschäftsbedingungen').waitFor();
      await inspectAll('review');
      await button('Zahlungspflichtig bestellen').click();
      const placed = page.getByText(/^Bestellung .+ vom /);
      await placed.waitFor({ timeout: 60_000 });
      await inspectAll('order');
      orderUrl = page.url();
      return /^Bestellung (\S+) vom /.exec(await placed.textContent())[1];
    },

    async withdraws(begin) {
      begin('the customer sees both parcels, and withdraws from the apron');
      await page.goto(orderUrl);
      await page.getByRole('heading', { name: 'Pakete' }).waitFor();
      await page.getByText('00340434161').first().waitFor();
      await page.getByText('00340434162').first().waitFor();
      await inspectAll('parcels');
      await button('Vertrag widerrufen').click();
      await page.getByRole('radio', { name: 'Nur einzelne Artikel' }).check();
      await page.getByRole('group', { name: /^Menge von Linen Apron/ }).getByRole('button', { name: 'Menge erhöhen' }).click();
      await inspectAll('withdrawal');
      await button('Weiter').click();
      await button('Widerruf bestätigen').click();
      await page.getByText('Ihr Widerruf ist eingegangen.').waitFor();
      await inspectAll('withdrawn');
    },

    async writesReview(begin) {
      begin('the customer writes a review');
      await open('/products/stoneware-mug');
      await button('Bewertung schreiben').click();
      await page.getByRole('radio', { name: /^5 Sterne/ }).check();
      await label('Überschrift').fill('Warm bis zum letzten Schluck');
      await page.getByLabel(/^Ihr Text/).fill('Der Tee bleibt lange heiß.');
      await inspectAll('review-form');
      await button('Bewertung absenden').click();
      await page.getByRole('region', { name: 'Hinweis' }).getByText('Vielen Dank').waitFor();
    },
  };
}
