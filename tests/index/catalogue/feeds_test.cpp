// Feeds as shops export them (the files in feeds/), and what becomes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "index/catalogue/amount.h"
#include "index/catalogue/catalogue.h"
#include "index/catalogue/feeds/csv_reader.h"
#include "index/catalogue/feeds/import_feed.h"
#include "index/catalogue/feeds/merchant_xml.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string feed(const std::string& name) {
  return std::string(BARKER_SOURCE_DIR) + "/tests/index/catalogue/feeds/" + name;
}

std::string file_with(const std::string& content) {
  const std::string path = temporary_path("feed");
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

struct Imported {
  ImportReport report;
  BadLines bad;
  std::map<std::string, CatalogueAd> ads;
  std::string attribute(const std::string& id, const std::string& name) const {
    for (const auto& [key, value] : ads.at(id).attributes) {
      if (key == name) return value;
    }
    return "";
  }
};

// The feed's ads as the catalogue's reader gets them. Every ad must be taken without a note.
Imported import(ImportOptions options) {
  Imported imported;
  const std::string path = temporary_path("catalogue.jsonl");
  OutputFile out(path);
  auto report = import_feed(options, out, imported.bad);
  EXPECT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(out.close().ok());
  if (!report.ok()) return imported;
  imported.report = *report;
  BadLines bad;
  auto catalogue = read_catalogue(path, bad);
  EXPECT_TRUE(catalogue.ok());
  EXPECT_EQ(bad.report(path) + catalogue->notes.report(path), "");
  for (CatalogueAd& ad : catalogue->ads) imported.ads[ad.id] = ad;
  EXPECT_EQ(imported.ads.size(), report->counts.ads);
  return imported;
}

Imported import(FeedFormat format, const std::string& name) {
  ImportOptions options;
  options.format = format;
  options.feed = feed(name);
  return import(options);
}

std::string error_of(FeedFormat format, const std::string& path) {
  ImportOptions options;
  options.format = format;
  options.feed = path;
  OutputFile out(temporary_path("catalogue.jsonl"));
  BadLines bad;
  const auto report = import_feed(options, out, bad);
  return report.ok() ? "" : report.status().message();
}

TEST(ImportFeed, ReadsAMerchantFeedAsRss) {
  const Imported result = import(FeedFormat::kGoogleMerchant, "merchant_rss.xml");
  const FoldCounts& counts = result.report.counts;
  EXPECT_EQ(result.report.rows, 6u);
  EXPECT_EQ(counts.ads, 2u);
  EXPECT_EQ(counts.variants, 2u);
  EXPECT_EQ(counts.out_of_stock, 1u);
  EXPECT_EQ(counts.bad, 1u);
  EXPECT_EQ(counts.unread_prices, 1u);
  EXPECT_THAT(result.bad.report("f"), HasSubstr("f:55: title: missing"));
  const CatalogueAd& tent = result.ads.at("TENT-2-GRN");
  EXPECT_EQ(tent.title, "Ridge tent 2 persons & footprint");
  EXPECT_EQ(tent.description, "Light tent. Café table fits. Crème inner.");
  EXPECT_EQ(tent.category, "Camping > Tents");
  EXPECT_EQ(tent.brand, "Ridge");
  EXPECT_THAT(tent.selling_points, ElementsAre("Waterproof to 3,000 mm", "Pitches in 4 minutes"));
  EXPECT_EQ(result.attribute("TENT-2-GRN", "price"), "129.9");
  EXPECT_EQ(result.attribute("TENT-2-GRN", "sale_price"), "99.9");
  EXPECT_EQ(result.attribute("TENT-2-GRN", "currency"), "USD");
  EXPECT_EQ(result.attribute("TENT-2-GRN", "color"), "green, red") << "blue is sold out";
  EXPECT_EQ(result.attribute("TENT-2-GRN", "Weight"), "1.9 kg");
  EXPECT_EQ(result.attribute("TENT-2-GRN", "labels"), "summer-2024");
  EXPECT_EQ(result.attribute("PAN", "price"), "ask us");
}

TEST(ImportFeed, ReadsAMerchantFeedAsAtom) {
  const Imported result = import(FeedFormat::kGoogleMerchant, "merchant_atom.xml");
  ASSERT_EQ(result.ads.size(), 1u);
  EXPECT_EQ(result.ads.at("1").title, "Desk lamp");
  EXPECT_EQ(result.ads.at("1").description, "Warm light. USB port.");
}

TEST(ImportFeed, ReadsAMerchantFeedAsTsv) {
  const Imported result = import(FeedFormat::kGoogleMerchant, "merchant.tsv");
  EXPECT_EQ(result.report.rows, 5u);
  EXPECT_EQ(result.report.counts.ads, 2u);
  EXPECT_EQ(result.report.counts.variants, 2u);
  EXPECT_EQ(result.report.counts.apart, 1u);
  EXPECT_THAT(result.bad.report("f"), HasSubstr("f:7: expected 8 cells, found 9"));
  const CatalogueAd& shirt = result.ads.at("A1");
  EXPECT_EQ(shirt.description, "Soft, \"washed\" cotton");
  EXPECT_THAT(shirt.selling_points, ElementsAre("Soft, even wet", "Organic cotton"));
  EXPECT_EQ(result.attribute("A1", "color"), "white, black");
  EXPECT_EQ(result.attribute("A1", "price"), "19.9");
}

TEST(ImportFeed, ReadsTheProductsOfShopify) {
  const Imported result = import(FeedFormat::kShopify, "shopify.csv");
  EXPECT_EQ(result.report.rows, 9u);
  EXPECT_EQ(result.report.counts.ads, 3u);
  EXPECT_EQ(result.report.counts.variants, 3u);
  EXPECT_EQ(result.report.counts.out_of_stock, 1u);
  EXPECT_EQ(result.report.counts.unpublished, 2u);
  const CatalogueAd& shoe = result.ads.at("trail-shoe");
  EXPECT_EQ(shoe.title, "Trail shoe \"Fjord\"");
  EXPECT_EQ(shoe.description, "Grips on wet rock. Waterproof Vegan");
  EXPECT_TRUE(shoe.selling_points.empty()) << "a tag is often no feature";
  EXPECT_EQ(result.attribute("trail-shoe", "tags"), "waterproof, vegan, new-2024");
  EXPECT_EQ(result.attribute("trail-shoe", "Size"), "41, 42") << "43 is sold out";
  EXPECT_EQ(result.attribute("trail-shoe", "Color"), "Black");
  EXPECT_EQ(result.attribute("trail-shoe", "price"), "120");
  EXPECT_EQ(result.attribute("trail-shoe", "sale_price"), "89");
  EXPECT_EQ(result.attribute("gift-card", "Title"), "") << "not an option";
  EXPECT_TRUE(result.ads.contains("pre-boot")) << "its policy is to go on selling";
}

TEST(ImportFeed, TakesTheChosenCandidatesForSellingPoints) {
  ImportOptions options;
  options.format = FeedFormat::kShopify;
  options.feed = feed("shopify.csv");
  options.fold.sources.tags = options.fold.sources.options = true;
  options.fold.keep_out_of_stock = true;
  options.fold.bid = 0.2;
  const Imported result = import(options);
  EXPECT_THAT(result.ads.at("trail-shoe").selling_points,
              ElementsAre("waterproof", "vegan", "new-2024", "41", "Black", "42", "43"));
  EXPECT_EQ(result.ads.at("trail-shoe").bid, 0.2);
  EXPECT_EQ(result.attribute("old-boot", "availability"), "out of stock");
}

TEST(ImportFeed, ReadsTheProductsOfWooCommerce) {
  const Imported result = import(FeedFormat::kWooCommerce, "woocommerce.csv");
  EXPECT_EQ(result.report.rows, 8u);
  EXPECT_EQ(result.report.counts.ads, 2u);
  EXPECT_EQ(result.report.counts.variants, 3u);
  EXPECT_EQ(result.report.counts.apart, 1u);
  EXPECT_EQ(result.report.counts.out_of_stock, 1u);
  EXPECT_EQ(result.report.counts.unpublished, 2u);
  const CatalogueAd& hoodie = result.ads.at("10");
  EXPECT_EQ(hoodie.title, "Hoodie");
  EXPECT_EQ(hoodie.category, "Clothing > Hoodies");
  EXPECT_EQ(hoodie.description, "Warm & soft.");
  EXPECT_EQ(result.attribute("10", "Color"), "Blue, Red");
  EXPECT_EQ(result.attribute("10", "price"), "42");
  EXPECT_EQ(result.attribute("16", "price"), "1234.5");
}

TEST(ImportFeed, ReadsAnyJsonLinesThroughAMap) {
  ImportOptions options;
  options.format = FeedFormat::kJsonlMap;
  options.feed = feed("own.jsonl");
  options.map = feed("own.toml");
  const Imported result = import(options);
  EXPECT_EQ(result.report.rows, 5u);
  EXPECT_EQ(result.report.counts.ads, 2u);
  EXPECT_EQ(result.report.counts.out_of_stock, 1u);
  EXPECT_EQ(result.report.notes.values_dropped, 1u);
  EXPECT_EQ(result.bad.report("f"), "f:6: not JSON\n");
  const CatalogueAd& hub = result.ads.at("1");
  EXPECT_EQ(hub.title, "USB hub");
  EXPECT_EQ(hub.bid, 0.3);
  EXPECT_THAT(hub.bid_terms, ElementsAre(BidTerm{"usb hub"}, BidTerm{"hub"}));
  EXPECT_THAT(hub.selling_points, ElementsAre("Fast charging", "Aluminium"));
  EXPECT_EQ(result.attribute("1", "price"), "19.5");
  EXPECT_EQ(result.attribute("1", "ports"), "4, 2");
  EXPECT_THAT(result.ads.at("4").selling_points, ElementsAre("Braided", "2 m, angled"));
}

TEST(ImportFeed, ReadsAnyCsvThroughAMap) {
  ImportOptions options;
  options.format = FeedFormat::kJsonlMap;
  options.feed = file_with("Nr;Name\n1;\"Red; round\"\n");
  options.map = file_with("format = \"csv\"\n[fields]\nid = \"Nr\"\ntitle = \"Name\"\n");
  EXPECT_EQ(import(options).ads.at("1").title, "Red; round");
}

TEST(ImportFeed, RefusesAMapWithAFieldThatDoesNotExist) {
  ImportOptions options;
  options.format = FeedFormat::kJsonlMap;
  options.feed = feed("own.jsonl");
  options.map = file_with("[fields]\nid = \"a\"\ntitel = \"b\"\n");
  OutputFile out(temporary_path("catalogue.jsonl"));
  BadLines bad;
  EXPECT_THAT(import_feed(options, out, bad).status().message(),
              HasSubstr("fields.titel is not known; did you mean \"title\"?"));
}

TEST(ImportFeed, NamesAMissingColumnAndTheLine) {
  EXPECT_THAT(error_of(FeedFormat::kShopify, file_with("\n\nHandel,Title\n1,a\n")),
              HasSubstr(":3: the column \"handle\" is missing; did you mean \"handel\"?"));
  EXPECT_THAT(error_of(FeedFormat::kWooCommerce, file_with("ID,Type\n1,simple\n")),
              HasSubstr(":1: the column \"name\" is missing; found id, type"));
  EXPECT_THAT(error_of(FeedFormat::kGoogleMerchant, file_with("")), HasSubstr("no header"));
}

TEST(ImportFeed, NamesTheLineWhereXmlBreaks) {
  EXPECT_THAT(error_of(FeedFormat::kGoogleMerchant,
                       file_with("<rss>\n<channel>\n<item><a></b></item></channel></rss>")),
              HasSubstr(":3: not XML: mismatched tag"));
  EXPECT_THAT(error_of(FeedFormat::kGoogleMerchant, file_with("<rss>\n<channel>")),
              HasSubstr("not XML: no element found"));
  EXPECT_THAT(error_of(FeedFormat::kGoogleMerchant, file_with("<rss/>")), HasSubstr("no <item>"));
  EXPECT_THAT(error_of(FeedFormat::kShopify, file_with("<rss/>")), HasSubstr("is XML"));
}

TEST(ImportFeed, KeepsATextWithAReferenceForTheReaderOfTheCatalogue) {
  ImportOptions options;
  options.feed = file_with("id\ttitle\na\tHow to write &amp;amp; in HTML & more\n");
  EXPECT_EQ(import(options).ads.at("a").title, "How to write &amp; in HTML & more");
}

ImportOptions of_content(FeedFormat format, const std::string& content) {
  ImportOptions options;
  options.format = format;
  options.feed = file_with(content);
  return options;
}

TEST(ImportFeed, SaysWhatToTypeForAFileThatIsNeitherCsvNorXml) {
  using namespace std::string_literals;
  const auto error = [](const std::string& content) {
    return error_of(FeedFormat::kShopify, file_with(content));
  };
  EXPECT_THAT(error("PK\x03\x04workbook"), HasSubstr("save that as CSV"));
  EXPECT_THAT(error("BZh9"), HasSubstr("bunzip2 -c"));
  EXPECT_THAT(error("\xFF\xFEI\0D\0"s), HasSubstr("iconv -f UTF-16 -t UTF-8"));
  EXPECT_THAT(error("I\0D\0,\0"s), HasSubstr("| barker import --from shopify -"));
  EXPECT_THAT(error("\n{\"id\":1}\n"),
              HasSubstr("is JSON, expected CSV; type: barker import --from "
                        "jsonl-map --map MAP "));
  EXPECT_THAT(error("[{\"id\":1}]"), HasSubstr("jq -c '.[]'"));
}

TEST(ImportFeed, ReadsListsAndLineEndsThatWooCommerceEscapes) {
  const Imported result = import(of_content(
      FeedFormat::kWooCommerce,
      "ID,Type,Name,Description,Categories,Attribute 1 name,Attribute 1 value(s)\n"
      "1,simple,Lamp,\"Warm.\\nSoft, C:\\\\new\",\"Home\\, Garden > Lamps, Sale\",Colour,"
      "\"red\\, dark, blue\"\n"));
  EXPECT_EQ(result.ads.at("1").category, "Home, Garden > Lamps");
  EXPECT_EQ(result.ads.at("1").description, "Warm. Soft, C:\\new");
  EXPECT_EQ(result.attribute("1", "Colour"), "red, dark, blue");
}

TEST(ImportFeed, ComparesPricesWithSeparatorsOfThousands) {
  const Imported result = import(of_content(FeedFormat::kShopify,
                                            "Handle,Title,Variant Price,Variant Compare At Price\n"
                                            "a,Bike,999.00,\"1,299.00\"\nb,Bag,20,0.00\n"));
  EXPECT_EQ(result.attribute("a", "price"), "1299");
  EXPECT_EQ(result.attribute("a", "sale_price"), "999");
  EXPECT_EQ(result.attribute("b", "price"), "20");
  EXPECT_EQ(result.attribute("b", "sale_price"), "");
}

TEST(ImportFeed, CountsSellingPointsBeyondTheLimit) {
  std::string features;
  for (int i = 0; i < 1500; ++i) features += "feature " + std::to_string(i) + ";";
  ImportOptions options =
      of_content(FeedFormat::kJsonlMap, R"({"id":1,"title":"a","features":")" + features + "\"}\n");
  options.map =
      file_with("[fields]\nid = \"id\"\ntitle = \"title\"\nselling_points = \"features\"\n");
  const Imported result = import(options);
  const size_t kept = result.ads.at("1").selling_points.size();
  EXPECT_EQ(result.report.notes.values_dropped, 1500 - kept);
  EXPECT_THAT(result.report.notes.report("f"), HasSubstr("f:1: a product has more than"));
}

TEST(ImportFeed, NamesThePathsOfAMapThatNoLineHas) {
  ImportOptions options =
      of_content(FeedFormat::kJsonlMap,
                 "{\"id\":1,\"title\":\"a\",\"features\":[\"b\"]}\n"
                 "{\"id\":2,\"title\":\"a\",\"brand\":null,\"colour\":\"red\"}\n");
  options.map = file_with(
      "[fields]\nid = \"id\"\ntitle = \"title\"\nbrand = \"brand\"\nselling_points = \"feature\"\n"
      "[attributes]\nsize = \"specs.size\"\ncolour = \"colour\"\n");
  EXPECT_EQ(import(options).report.notes.report("f"),
            "f:1: attributes.size: no line has \"specs.size\"\n"
            "f:1: fields.selling_points: no line has \"feature\"; did you mean \"features\"?\n");
}

TEST(ImportFeed, NotesTheLineOfBytesThatAreNotUtf8) {
  const Imported result =
      import(of_content(FeedFormat::kGoogleMerchant, "id,title\n1,good\n2,\xD6\xD0\xCE\xC4\n"));
  EXPECT_THAT(result.report.notes.report("f"), HasSubstr("f:3: bytes that are not UTF-8"));
}

std::vector<std::vector<std::string>> records(const std::string& content) {
  auto source = ByteSource::open(file_with(content));
  BadLines bad;
  std::vector<std::vector<std::string>> all;
  const Status read = read_csv(*source, {}, bad, [&](const FeedRow& row) {
    all.push_back({std::to_string(row.line)});
    for (const auto& [name, value] : row.fields) all.back().push_back(name + "=" + value);
    return Status();
  });
  if (!read.ok()) all.push_back({read.message()});
  return all;
}

TEST(ReadCsv, ReadsQuotesLineEndsAndSeparatorsInsideOfCells) {
  EXPECT_THAT(records("a,b\r\n\"1,2\",\"x\r\ny\"\r\n3,\"say \"\"hi\"\"\"\r4,\n"),
              ElementsAre(ElementsAre("2", "a=1,2", "b=x\r\ny"),
                          ElementsAre("4", "a=3", "b=say \"hi\""), ElementsAre("5", "a=4")));
}

TEST(ReadCsv, TakesACellThatIsNotQuotedAsAWholeAsItIsWritten) {
  EXPECT_THAT(records("a,b\n\"5\" screen,17\" wide\n"),
              ElementsAre(ElementsAre("2", "a=\"5\" screen", "b=17\" wide")));
}

TEST(ReadCsv, NamesTheLineOfAQuotationMarkThatIsNeverClosed) {
  EXPECT_THAT(records("a,b\n1,2\n3,\"x\n4,5\n").back()[0],
              HasSubstr(":3: the quotation mark that opens here is never closed"));
  EXPECT_THAT(records("a\n\"" + std::string(kLongestRecord + 1, 'x')).back()[0],
              HasSubstr(":2: the record that begins here is longer"));
}

TEST(ReadMerchantXml, PutsGooglesFieldsFirstWhateverTheirPrefix) {
  const Imported result = import(
      of_content(FeedFormat::kGoogleMerchant,
                 "<rss xmlns:ns0=\"http://base.google.com/ns/1.0\"><item><title>Other</title>"
                 "<ns0:title>Good</ns0:title><ns0:id>1</ns0:id></item></rss>"));
  EXPECT_EQ(result.ads.at("1").title, "Good");
}

TEST(ReadMerchantXml, SaysWhatToDoAboutAnEncodingThatIsNotKnown) {
  EXPECT_THAT(error_of(FeedFormat::kGoogleMerchant,
                       file_with("<?xml version=\"1.0\" encoding=\"GBK\"?><rss/>")),
              HasSubstr("unknown encoding; convert the file to UTF-8"));
}

TEST(ReadMerchantXml, HoldsBackABombOfEntities) {
  std::string bomb = "<!DOCTYPE rss [<!ENTITY a0 \"aaaaaaaaaaaaaaaaaaaa\">";
  for (int i = 1; i < 12; ++i) {
    bomb += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) bomb += "&a" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  auto source =
      ByteSource::open(file_with(bomb + "]><rss><item><title>&a11;</title></item></rss>"));
  EXPECT_FALSE(read_merchant_xml(*source, [](const FeedRow&) { return Status(); }).ok());
}

TEST(ParseAmount, RefusesWhatMayMeanTwoNumbers) {
  for (const char* text :
       {"", "abc", "1,234", "1,23,4", "1.2.3", "12-34", "--1", "USD", "1 USD EUR"}) {
    EXPECT_FALSE(parse_amount(text)) << text;
  }
  EXPECT_EQ(parse_amount("0,125")->value, 0.125) << "no group begins with 0";
  EXPECT_EQ(parse_amount("1,234,567.5")->value, 1234567.5);
  EXPECT_EQ(parse_amount("€ 5")->currency, "€");
}

}  // namespace
}  // namespace barker
