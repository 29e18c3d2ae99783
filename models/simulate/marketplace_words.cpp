#include "models/simulate/marketplace_words.h"

namespace barker {
namespace {

// The numbers of a selling point are its appeal to: price, performance, style, comfort, nature and
// health, technology.

std::vector<MarketCategory> goods_to_wear_and_carry() {
  return {
      {"shoes",
       false,
       {"running shoes", "trail running shoes", "sneakers"},
       {"Trailhawk", "Northstride", "Pacewell", "Kestrel Run", "Ardent"},
       {"men's", "women's", "size 42", "black", "blue", "GTX-2", "v5"},
       {{"waterproof", {0, 1, 0, .3f, .3f, 0}},
        {"free shipping", {1.2f, 0, 0, 0, 0, 0}},
        {"lightweight", {0, 1, 0, .5f, 0, 0}},
        {"carbon plate", {-.5f, 1.2f, 0, 0, 0, .8f}},
        {"wide fit", {0, 0, -.3f, 1.2f, 0, 0}},
        {"recycled material", {0, 0, .2f, 0, 1.3f, 0}},
        {"retro design", {0, -.3f, 1.3f, 0, 0, 0}},
        {"memory foam", {0, 0, 0, 1.2f, 0, .2f}},
        {"30-day returns", {.9f, 0, 0, .3f, 0, 0}},
        {"non-slip sole", {0, .7f, 0, .5f, 0, 0}}},
       80},
      {"headphones",
       false,
       {"wireless headphones", "bluetooth earbuds", "headphones"},
       {"Sonora", "Aurivox", "Klarheit", "Mondo Audio", "Tessel"},
       {"WH-900", "X4", "over-ear", "in-ear", "black", "silver", "2nd gen"},
       {{"noise cancelling", {0, .6f, 0, .6f, 0, 1.2f}},
        {"40-hour battery", {.2f, .8f, 0, 0, 0, .9f}},
        {"free shipping", {1.2f, 0, 0, 0, 0, 0}},
        {"hi-res audio", {-.4f, .9f, 0, 0, 0, 1.1f}},
        {"sweatproof", {0, 1, 0, .2f, .2f, 0}},
        {"memory foam", {0, 0, 0, 1.2f, 0, .2f}},
        {"limited colour edition", {-.2f, 0, 1.3f, 0, 0, 0}},
        {"student discount", {1.3f, 0, 0, 0, 0, 0}},
        {"fast charging", {0, .3f, 0, 0, 0, 1.2f}}},
       120},
      {"backpacks",
       false,
       {"backpack", "hiking backpack", "laptop backpack"},
       {"Fernweh", "Packwise", "Summit & Sons", "Urbana", "Loden"},
       {"25L", "40L", "grey", "olive", "unisex", "MK3"},
       {{"waterproof", {0, 1, 0, .3f, .3f, 0}},
        {"laptop compartment", {0, 0, 0, .2f, 0, 1.2f}},
        {"lightweight", {0, 1, 0, .5f, 0, 0}},
        {"padded straps", {0, .2f, 0, 1.2f, 0, 0}},
        {"recycled material", {0, 0, .2f, 0, 1.3f, 0}},
        {"usb charging port", {0, 0, 0, 0, 0, 1.3f}},
        {"vintage leather", {-.4f, 0, 1.3f, 0, 0, -.2f}},
        {"free shipping", {1.2f, 0, 0, 0, 0, 0}},
        {"lifetime warranty", {.8f, .4f, 0, 0, .2f, 0}}},
       60},
  };
}

std::vector<MarketCategory> goods_for_home_and_travel() {
  return {
      {"kettles",
       false,
       {"electric kettle", "tea kettle", "kettle"},
       {"Brunn", "Teapot & Co", "Heisswell", "Casa Nord", "Ember"},
       {"1.7L", "1L", "2200W", "steel", "white", "K-12"},
       {{"rapid boil", {0, 1, 0, 0, 0, .5f}},
        {"temperature control", {0, .4f, 0, 0, 0, 1.2f}},
        {"bpa free", {0, 0, 0, 0, 1.3f, 0}},
        {"cool-touch handle", {0, 0, 0, 1.1f, .2f, 0}},
        {"retro design", {0, -.3f, 1.3f, 0, 0, 0}},
        {"energy saving", {.8f, 0, 0, 0, .9f, .2f}},
        {"free shipping", {1.2f, 0, 0, 0, 0, 0}},
        {"whisper quiet", {0, 0, 0, 1.2f, 0, .2f}}},
       40},
      {"skin care",
       false,
       {"face cream", "moisturizer", "face serum"},
       {"Lumea", "Verdane", "Dr. Holm", "Petal & Pine", "Aqualis"},
       {"50ml", "100ml", "day", "night", "spf30", "twin pack"},
       {{"fragrance free", {0, 0, 0, .5f, 1.1f, 0}},
        {"vegan formula", {0, 0, .2f, 0, 1.4f, 0}},
        {"anti-aging", {-.3f, .9f, .4f, 0, 0, .3f}},
        {"24h hydration", {0, .9f, 0, .6f, 0, 0}},
        {"sensitive skin", {0, 0, 0, 1.2f, .5f, 0}},
        {"gift box", {-.2f, 0, 1.2f, 0, 0, 0}},
        {"buy one get one", {1.4f, 0, 0, 0, 0, 0}},
        {"dermatologist tested", {0, .6f, 0, .4f, .3f, .6f}}},
       30},
      {"tents",
       false,
       {"camping tent", "family tent", "tent"},
       {"Fernweh", "Hollow Pine", "Basecamp Nine", "Stormcrest", "Loden"},
       {"2 person", "4 person", "green", "3 season", "T-300"},
       {{"waterproof", {0, 1, 0, .3f, .3f, 0}},
        {"pop-up setup", {0, .2f, 0, 1.1f, 0, .3f}},
        {"lightweight", {0, 1, 0, .5f, 0, 0}},
        {"blackout room", {0, 0, 0, 1.2f, 0, .2f}},
        {"recycled material", {0, 0, .2f, 0, 1.3f, 0}},
        {"solar panel pocket", {0, 0, 0, 0, .4f, 1.2f}},
        {"free shipping", {1.2f, 0, 0, 0, 0, 0}},
        {"boho pattern", {0, -.3f, 1.3f, 0, 0, 0}}},
       150},
  };
}

std::vector<MarketCategory> chinese_goods() {
  return {
      {"面膜",
       true,
       {"面膜", "补水面膜", "蚕丝面膜"},
       {"水之语", "花颜集", "雪绒堂", "本草记", "珀兰"},
       {"10片装", "20片", "25ml", "男女通用", "学生", "升级版"},
       {{"补水保湿", {0, .9f, 0, .6f, .2f, 0}},
        {"包邮", {1.2f, 0, 0, 0, 0, 0}},
        {"美白淡斑", {-.2f, .9f, .6f, 0, 0, .2f}},
        {"敏感肌可用", {0, 0, 0, 1.2f, .6f, 0}},
        {"天然植物", {0, 0, 0, .1f, 1.4f, 0}},
        {"买一送一", {1.4f, 0, 0, 0, 0, 0}},
        {"明星同款", {-.2f, 0, 1.4f, 0, 0, 0}},
        {"械字号", {0, .5f, 0, .2f, 0, 1.1f}}},
       60},
      {"连衣裙",
       true,
       {"连衣裙", "雪纺连衣裙", "碎花连衣裙"},
       {"简然", "慕色", "花间裳", "素年", "漫格"},
       {"2026新款", "S码", "M码", "L码", "黑色", "米白"},
       {{"显瘦", {0, .4f, 1.1f, 0, 0, 0}},
        {"真丝", {-.5f, 0, .8f, .7f, .3f, 0}},
        {"包邮", {1.2f, 0, 0, 0, 0, 0}},
        {"复古风", {0, -.2f, 1.3f, 0, 0, 0}},
        {"透气", {0, .3f, 0, 1.1f, .3f, 0}},
        {"纯棉", {0, 0, 0, .8f, 1, 0}},
        {"七天无理由退换", {.9f, 0, 0, .4f, 0, 0}},
        {"免熨烫", {0, .2f, 0, .6f, 0, .9f}}},
       180},
      {"保温杯",
       true,
       {"保温杯", "不锈钢保温杯", "儿童保温杯"},
       {"山泉记", "恒温家", "乐饮", "木本", "小鹿杯"},
       {"500ml", "350ml", "大容量", "粉色", "白色", "便携"},
       {{"24小时保温", {0, 1.2f, 0, 0, 0, .3f}},
        {"智能测温", {0, 0, 0, 0, 0, 1.4f}},
        {"食品级材质", {0, 0, 0, .2f, 1.3f, 0}},
        {"包邮", {1.2f, 0, 0, 0, 0, 0}},
        {"防漏", {0, .8f, 0, .6f, 0, 0}},
        {"国风设计", {0, 0, 1.3f, 0, 0, 0}},
        {"免费刻字", {.4f, 0, 1, 0, 0, 0}},
        {"轻量", {0, .8f, 0, .7f, 0, 0}}},
       90},
      {"运动鞋",
       true,
       {"运动鞋", "跑步鞋", "休闲运动鞋"},
       {"逐风", "远步", "跃迁", "轻行", "鹰迹"},
       {"男款", "女款", "42码", "黑白", "夏季", "V3"},
       {{"防水", {0, 1, 0, .3f, .3f, 0}},
        {"透气", {0, .3f, 0, 1.1f, .3f, 0}},
        {"包邮", {1.2f, 0, 0, 0, 0, 0}},
        {"碳板", {-.5f, 1.2f, 0, 0, 0, .8f}},
        {"复古风", {0, -.2f, 1.3f, 0, 0, 0}},
        {"软底舒适", {0, 0, 0, 1.3f, 0, 0}},
        {"环保材料", {0, 0, .1f, 0, 1.3f, 0}},
        {"第二双半价", {1.3f, 0, 0, 0, 0, 0}}},
       300},
  };
}

}  // namespace

const std::vector<MarketCategory>& market_categories() {
  static const std::vector<MarketCategory> kCategories = [] {
    std::vector<MarketCategory> all;
    for (const auto& goods :
         {goods_to_wear_and_carry(), goods_for_home_and_travel(), chinese_goods()}) {
      all.insert(all.end(), goods.begin(), goods.end());
    }
    return all;
  }();
  return kCategories;
}

}  // namespace barker
