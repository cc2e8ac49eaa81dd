package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What stands in brackets behind an operation in the text: {@code [axis = 0, reverse]}. */
final class Attributes {
  private record Item(Location loc, Object value) {}

  private final TextCursor cursor;
  private final Map<String, Item> items = new LinkedHashMap<>();

  private Attributes(TextCursor cursor) {
    this.cursor = cursor;
  }

  /** Reads brackets if they come next. */
  static Attributes parse(TextCursor cursor) {
    var attributes = new Attributes(cursor);
    if (cursor.accept('[')) {
      while (!cursor.accept(']')) {
        attributes.item();
        if (!cursor.accept(',') && !cursor.at(']')) {
          throw cursor.expected("',' or ']'");
        }
      }
    }
    return attributes;
  }

  private void item() {
    Location loc = cursor.location();
    String name = cursor.word("the name of an attribute");
    Object value = cursor.accept('=') ? value() : Boolean.TRUE;
    if (items.put(name, new Item(loc, value)) != null) {
      throw CompilationException.at(loc, "attribute '" + name + "' is given twice");
    }
  }

  private Object value() {
    if (cursor.at('"')) {
      return new Quoted(cursor.string());
    }
    if (!cursor.accept('(')) {
      return cursor.numberText();
    }
    var list = new ArrayList<String>();
    while (!cursor.accept(')')) {
      list.add(cursor.numberText());
      if (!cursor.accept(',') && !cursor.at(')')) {
        throw cursor.expected("',' or ')'");
      }
    }
    return list;
  }

  private record Quoted(String text) {}

  private <T> Optional<T> take(String name, Class<T> type, String what) {
    Item item = items.remove(name);
    if (item == null) {
      return Optional.empty();
    }
    if (!type.isInstance(item.value)) {
      throw CompilationException.at(item.loc, "attribute '" + name + "' is " + what);
    }
    return Optional.of(type.cast(item.value));
  }

  private CompilationException missing(String name) {
    return cursor.error("attribute '" + name + "' is missing before this");
  }

  boolean flag(String name) {
    return take(name, Boolean.class, "a flag without a value").isPresent();
  }

  Optional<String> string(String name) {
    return take(name, Quoted.class, "a text in quotes").map(Quoted::text);
  }

  Optional<String> word(String name) {
    return take(name, String.class, "a word");
  }

  OptionalInt integer(String name) {
    Location loc = items.containsKey(name) ? items.get(name).loc : null;
    Optional<String> text = take(name, String.class, "an integer");
    try {
      return text.isPresent() ? OptionalInt.of(Integer.parseInt(text.get())) : OptionalInt.empty();
    } catch (NumberFormatException e) {
      throw CompilationException.at(loc, "attribute '" + name + "' is an integer");
    }
  }

  int requiredInteger(String name) {
    return integer(name).orElseThrow(() -> missing(name));
  }

  String requiredString(String name) {
    return string(name).orElseThrow(() -> missing(name));
  }

  boolean has(String name) {
    return items.containsKey(name);
  }

  List<Integer> integers(String name) {
    return words(name).stream().map(Integer::valueOf).toList();
  }

  List<Boolean> booleans(String name) {
    return words(name).stream().map(Boolean::valueOf).toList();
  }

  @SuppressWarnings("unchecked")
  private List<String> words(String name) {
    return (List<String>)
        take(name, List.class, "a list such as (1, 2)").orElseThrow(() -> missing(name));
  }

  /** Fails if an attribute was not asked for. */
  void finish() {
    if (!items.isEmpty()) {
      var unknown = items.entrySet().iterator().next();
      throw CompilationException.at(
          unknown.getValue().loc, "attribute '" + unknown.getKey() + "' is not known here");
    }
  }
}
