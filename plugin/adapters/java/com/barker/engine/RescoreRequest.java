package com.barker.engine;

import com.barker.lucene.AdFields;
import com.barker.lucene.BarkerQuery;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a search says about its rescoring, as engines that are made of Lucene carry it in the body
 * of a request and from node to node: a map of names to texts, numbers, lists and maps, so that no
 * engine's classes are needed. Equal requests are equal records. Immutable.
 *
 * @param query as the user typed it; never empty
 * @param user id; empty: a stranger
 * @param userKeywords of the user's recent clicks, newest first
 * @param groups features by the names of the model's groups
 * @param timeoutMs how long a shard may rescore, counted from when it begins; 0: no limit
 * @param seed on which all that is drawn depends; 0: any
 * @param fields doc values of the ads
 */
public record RescoreRequest(
    String query,
    String user,
    List<String> userKeywords,
    Map<String, List<String>> groups,
    long timeoutMs,
    long seed,
    AdFields fields) {
  private static final Set<String> NAMES =
      Set.of("query", "user", "user_keywords", "groups", "timeout_ms", "seed", "fields");
  private static final List<String> FIELDS =
      List.of("id", "title", "merchant", "category", "selling_points", "bid");

  public RescoreRequest {
    if (query.isEmpty()) throw new IllegalArgumentException("query: empty");
    if (timeoutMs < 0) throw new IllegalArgumentException("timeout_ms: " + timeoutMs + " < 0");
    userKeywords = List.copyOf(userKeywords);
    final Map<String, List<String>> copied = new LinkedHashMap<>();
    groups.forEach((name, tokens) -> copied.put(name, List.copyOf(tokens)));
    groups = Collections.unmodifiableMap(copied);
  }

  /** Of a body such as {"query": "...", "user": "..."}. The error names what is wrong in it. */
  public static RescoreRequest of(Map<String, Object> body) {
    expectKnown(body, "", NAMES);
    if (body.get("query") == null) throw new IllegalArgumentException("query: missing");
    final Map<String, List<String>> groups = new LinkedHashMap<>();
    map(body, "groups")
        .forEach((name, tokens) -> groups.put(name, texts(tokens, "groups." + name)));
    return new RescoreRequest(
        text(body.get("query"), "query"),
        text(body.getOrDefault("user", ""), "user"),
        texts(body.getOrDefault("user_keywords", List.of()), "user_keywords"),
        groups,
        number(body, "timeout_ms"),
        number(body, "seed"),
        fields(map(body, "fields")));
  }

  /** The body of which {@link #of} makes an equal request. */
  public Map<String, Object> toMap() {
    final Map<String, Object> body = new LinkedHashMap<>();
    body.put("query", query);
    body.put("user", user);
    body.put("user_keywords", userKeywords);
    body.put("groups", groups);
    body.put("timeout_ms", timeoutMs);
    body.put("seed", seed);
    final Map<String, Object> names = new LinkedHashMap<>();
    names.put("id", fields.id());
    names.put("title", fields.title());
    names.put("merchant", fields.merchant());
    names.put("category", fields.category());
    names.put("selling_points", fields.sellingPoints());
    names.put("bid", fields.bid());
    body.put("fields", names);
    return body;
  }

  /** What the rescorer is asked, with the deadline counted from now on. */
  public BarkerQuery toQuery() {
    final long deadline = timeoutMs == 0 ? 0 : System.nanoTime() + timeoutMs * 1_000_000;
    return new BarkerQuery(query, user, userKeywords, groups, deadline, seed);
  }

  private static AdFields fields(Map<String, Object> names) {
    expectKnown(names, "fields.", Set.copyOf(FIELDS));
    final AdFields usual = new AdFields();
    return new AdFields(
        name(names, "id", usual.id()),
        name(names, "title", usual.title()),
        name(names, "merchant", usual.merchant()),
        name(names, "category", usual.category()),
        name(names, "selling_points", usual.sellingPoints()),
        name(names, "bid", usual.bid()));
  }

  private static String name(Map<String, Object> names, String field, String usual) {
    final Object given = names.get(field);
    return given == null ? usual : text(given, "fields." + field);
  }

  private static void expectKnown(Map<String, Object> body, String before, Set<String> known) {
    for (String name : body.keySet()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            before
                + name
                + ": unknown; known are "
                + String.join(", ", known.stream().sorted().toList()));
      }
    }
  }

  private static String text(Object given, String where) {
    if (given instanceof String text) return text;
    throw new IllegalArgumentException(where + ": expected a text, found " + given);
  }

  private static List<String> texts(Object given, String where) {
    if (!(given instanceof List<?> list)) {
      throw new IllegalArgumentException(where + ": expected a list of texts, found " + given);
    }
    final List<String> texts = new ArrayList<>();
    for (Object element : list) texts.add(text(element, where));
    return texts;
  }

  private static long number(Map<String, Object> body, String name) {
    final Object given = body.get(name);
    if (given == null) return 0;
    if (given instanceof Integer || given instanceof Long) return ((Number) given).longValue();
    throw new IllegalArgumentException(name + ": expected a whole number, found " + given);
  }

  private static Map<String, Object> map(Map<String, Object> body, String name) {
    final Object given = body.get(name);
    if (given == null) return Map.of();
    if (!(given instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(name + ": expected an object, found " + given);
    }
    final Map<String, Object> copied = new LinkedHashMap<>();
    map.forEach((key, value) -> copied.put(text(key, name), value));
    return copied;
  }
}
