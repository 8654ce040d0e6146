// The types of staff operations, under the names that the admin uses. See also ../../api/types.
import type { components } from '../../api/schema';

type Schemas = components['schemas'];

// accounts
export type FirstAdmin = Schemas['FirstAdmin'];
export type Role = Schemas['Role'];
export type ApiKey = Schemas['ApiKey'];
export type CreatedApiKey = Schemas['CreatedApiKey'];

// catalogue
export type AdjustmentKind = Schemas['AdjustmentKind'];
export type Benefit = Schemas['Benefit'];
export type FailedImage = Schemas['FailedImage'];
export type ImportCounts = Schemas['ImportCounts'];
export type ImportIssue = Schemas['ImportIssue'];
export type ImportStatus = Schemas['ImportStatus'];
export type IssueSeverity = Schemas['IssueSeverity'];
export type Oversell = Schemas['Oversell'];
export type ProductDraft = Schemas['ProductDraft'];
export type CategoryDraft = Schemas['CategoryDraft'];
export type ProductImport = Schemas['ProductImport'];
export type ProductStatus = Schemas['ProductStatus'];
export type Promotion = Schemas['Promotion'];
export type PromotionDraft = Schemas['PromotionDraft'];
export type StockAdjustment = Schemas['StockAdjustment'];
export type StockChange = Schemas['StockChange'];
export type StockLevel = Schemas['StockLevel'];
export type StockReason = Schemas['StockReason'];
export type StockRecord = Schemas['StockRecord'];
export type TaxRate = Schemas['TaxRate'];
export type TaxRates = Schemas['TaxRates'];
export type VariantDraft = Schemas['VariantDraft'];
export type WithdrawalException = Schemas['WithdrawalException'];

// orders and shipments
export type NoteRequest = Schemas['NoteRequest'];
export type OrderShipment = Schemas['OrderShipment'];
export type PackingLine = Schemas['PackingLine'];
export type PackingList = Schemas['PackingList'];
export type OpenOrderCount = Schemas['OpenOrderCount'];
export type StaffOrder = Schemas['OrderSummary'];
export type AttentionResolution = Schemas['AttentionResolution'];
export type CarrierTracking = Schemas['CarrierTracking'];
export type ReturnReceipt = Schemas['ReturnReceipt'];
export type ReturnRejection = Schemas['ReturnRejection'];
export type RefundRequest = Schemas['RefundRequest'];
export type StaffReturn = Schemas['ReturnView'];
export type ShipmentLine = Schemas['ShipmentLine'];
export type StaffShipment = Schemas['StaffShipment'];

// payments
export type GatewayBalance = Schemas['GatewayBalance'];
export type OperationKind = Schemas['OperationKind'];
export type OperationResolution = Schemas['OperationResolution'];
export type OperationState = Schemas['OperationState'];
export type PaymentDetails = Schemas['PaymentDetails'];
export type PaymentOperation = Schemas['PaymentOperationView'];
export type PayoutDay = Schemas['PayoutDay'];
export type PayoutReceived = Schemas['PayoutReceived'];
export type TransferReceived = Schemas['TransferReceived'];

// reviews
export type ReviewForModeration = Schemas['ReviewForModeration'];
export type ReviewState = Schemas['ReviewState'];

// shop and shipping
export type Reach = Schemas['Reach'];
export type ShopUpdate = Schemas['ShopUpdate'];
export type Tariff = Schemas['Tariff'];
export type Warehouse = Schemas['Warehouse'];
export type Zone = Schemas['Zone'];
export type Zones = Schemas['Zones'];

// the merchant's pages, menus and looks
export type PageDraft = Schemas['PageDraft'];
export type PageText = Schemas['PageText'];
export type StorefrontDraft = Schemas['StorefrontDraft'];
export type EmailTexts = Schemas['EmailTexts'];
export type EmailTextsDraft = Schemas['EmailTextsDraft'];

// system
export type DeadLetter = Schemas['DeadLetter'];
export type FailedEmail = Schemas['FailedEmail'];
export type WebhookEvent = Schemas['WebhookEventView'];
