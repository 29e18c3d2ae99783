#include "index/server/recent_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/plugin/failing_memory.h"

namespace barker {
namespace {

TEST(RecentPages, ForgetsTheOldest) {
  RecentPages pages(2);
  RecentPage page;
  for (const char* id : {"1", "2", "3"}) {
    page.clear();
    page.set_user(id);
    pages.add(id, page);
  }
  EXPECT_FALSE(pages.find("1"));
  EXPECT_EQ(pages.find("2")->user(), "2");
  EXPECT_EQ(pages.find("3")->user(), "3");
}

TEST(RecentPages, RemembersPagesOfEverySize) {
  constexpr size_t kMost = 100;
  RecentPages pages(kMost);
  const auto id_of = [](size_t i) { return "request" + std::to_string(i); };
  const auto title_of = [](size_t i) {
    return std::string(i % 50 == 0 ? 300'000 : i * 7 % 3000, static_cast<char>('a' + i % 26));
  };
  for (size_t i = 0; i < 1000; ++i) {
    RecentPage page;
    page.set_user("user" + std::to_string(i));
    page.time_ms = static_cast<int64_t>(i);
    for (size_t ad = 0; ad < i % 4; ++ad) {
      page.add_ad("ad" + std::to_string(ad), title_of(i), 0.5, ad + 1);
    }
    page.add_feature("feature", i + 1);
    pages.add(id_of(i), page);
  }
  for (size_t i = 0; i < 1000; ++i) {
    const auto page = pages.find(id_of(i));
    ASSERT_EQ(page.has_value(), i >= 1000 - kMost) << i;
    if (!page) continue;
    EXPECT_EQ(page->user(), "user" + std::to_string(i));
    EXPECT_EQ(page->time_ms, static_cast<int64_t>(i));
    EXPECT_EQ(page->find_feature("feature")->position, i + 1);
    for (size_t ad = 0; ad < i % 4; ++ad) {
      const std::string id = "ad" + std::to_string(ad);
      ASSERT_NE(page->find_ad(id), nullptr);
      EXPECT_TRUE(page->text(page->find_ad(id)->title) == title_of(i));
      EXPECT_TRUE(pages.charge(id_of(i), id));
      EXPECT_FALSE(pages.charge(id_of(i), id));
    }
  }
}

TEST(RecentPages, ForgetTheOldestWhereTheyTakeTooManyBytes) {
  constexpr size_t kMost = 100, kMostBytes = 1 << 20;
  RecentPages pages(kMost, kMostBytes);
  RecentPage page;
  page.add_ad("ad", std::string(100'000, 'x'), 0.5, 1);  // two of them fill a chunk
  const auto id_of = [](size_t i) { return "request" + std::to_string(i); };
  for (size_t i = 0; i < 300; ++i) {
    pages.add(id_of(i), page);
    size_t remembered = 0;
    for (size_t j = 0; j <= i; ++j) remembered += pages.find(id_of(j)).has_value();
    EXPECT_LE(remembered * 100'000, kMostBytes) << i;
    EXPECT_GE(remembered, std::min<size_t>(i + 1, 6)) << i;
    EXPECT_TRUE(pages.charge(id_of(i), "ad"));
    EXPECT_EQ(pages.charge(id_of(0), "ad"), false) << "it was charged, or is forgotten";
  }
  page.add_ad("large", std::string(2 * kMostBytes, 'x'), 0.5, 2);
  pages.add("large", page);
  EXPECT_TRUE(pages.find("large")) << "the last page is always remembered";
  page.clear();
  for (size_t i = 0; i < 300; ++i) pages.add(id_of(i), page);
  EXPECT_TRUE(pages.find(id_of(200)));
  EXPECT_FALSE(pages.find(id_of(199)));
}

TEST(RecentPages, RememberAPageThatComesAgainUnderItsId) {
  RecentPages pages(2);
  RecentPage page;
  for (const char* user : {"a", "b", "c", "d", "e"}) {
    page.clear();
    page.set_user(user);
    pages.add("1", page);
    EXPECT_EQ(pages.find("1")->user(), user);
  }
  pages.add("2", page);
  EXPECT_TRUE(pages.find("1"));
  EXPECT_TRUE(pages.find("2"));
}

TEST(RecentPages, TakeOneOptOutOfAPage) {
  RecentPages pages(2);
  pages.add("1", RecentPage());
  EXPECT_FALSE(pages.opt_out("2"));
  EXPECT_TRUE(pages.opt_out("1"));
  EXPECT_FALSE(pages.opt_out("1"));
}

TEST(RecentPages, RemembersWhatWasShownAndChargesItOnce) {
  RecentPages pages(1);
  RecentPage page;
  page.set_user("ann");
  page.add_ad("a1", "Trail shoes", 0.5, 1);
  page.add_ad("a2", "Boots", 0.25, 2);
  page.add_feature("waterproof", 3);
  pages.add("1", page);
  const std::optional<RecentPage> found = pages.find("1");
  ASSERT_TRUE(found);
  ASSERT_NE(found->find_ad("a2"), nullptr);
  EXPECT_EQ(found->text(found->find_ad("a2")->title), "Boots");
  EXPECT_EQ(found->find_ad("a2")->position, 2u);
  EXPECT_EQ(found->find_ad("a3"), nullptr);
  EXPECT_EQ(found->find_feature("waterproof")->position, 3u);
  EXPECT_TRUE(pages.charge("1", "a1"));
  EXPECT_FALSE(pages.charge("1", "a1"));
  EXPECT_TRUE(pages.charge("1", "a2"));
  EXPECT_FALSE(pages.charge("1", "a3"));
  page.clear();
  page.add_ad("a1", "Trail shoes", 0.5, 1);
  pages.add("2", page);
  EXPECT_FALSE(pages.charge("1", "a1"));
  EXPECT_TRUE(pages.charge("2", "a1")) << "the place of a forgotten page begins anew";
}

TEST(RecentPages, ChangeNothingWhereAPageFindsNoMemory) {
  NEEDS_FAILING_NEW;
  constexpr size_t kMost = 3;
  RecentPages pages(kMost);
  RecentPage page;
  page.add_ad("ad", std::string(100'000, 'x'), 0.5, 1);  // two of them fill a chunk
  std::vector<std::string> kept;
  std::set<int> failures;
  const auto holds_the_last = [&] {
    for (size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(pages.find(kept[i]).has_value(), i + kMost >= kept.size()) << kept[i];
    }
  };
  for (int added = 0; added < 20; ++added) {
    const std::string id = "page " + std::to_string(added);
    for (int n = 1;; ++n) {
      bool was_added = false;
      with_failing_allocation(n, false, [&] {
        try {
          pages.add(id, page);
          was_added = true;
        } catch (const std::bad_alloc&) {
        }
      });
      if (was_added) break;
      failures.insert(n);
      EXPECT_FALSE(pages.find(id));
      holds_the_last();
    }
    kept.push_back(id);
    holds_the_last();
  }
  EXPECT_GE(failures.size(), 2u) << "both the index and the pages take memory";
}

}  // namespace
}  // namespace barker
