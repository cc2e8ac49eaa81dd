package dev.kiln.runtime.cache;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * SHA-256 of abstract syntax: of its structure and, apart from that, of its positions.
 *
 * <p>Goes through the components of records, so that what is added to the syntax is a part of the
 * digest by itself. Comments, blank lines and documentation strings are not.
 */
final class SyntaxDigest {
  /** Of the components of a record that count; the JDK looks them up anew each time. */
  private static final ClassValue<Method[]> ACCESSORS =
      new ClassValue<>() {
        @Override
        protected Method[] computeValue(Class<?> type) {
          return Arrays.stream(type.getRecordComponents())
              .filter(component -> !component.getName().equals("docstring"))
              .map(RecordComponent::getAccessor)
              .toArray(Method[]::new);
        }
      };

  private final MessageDigest meaning = sha256();
  private final MessageDigest positions = sha256();

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** Ends the digest. */
  byte[] meaning() {
    return meaning.digest();
  }

  /** Ends the digest. */
  byte[] positions() {
    return positions.digest();
  }

  void name(int file, String name) {
    number(meaning, file);
    text(meaning, name);
  }

  /** The name of the file in which what follows stands. */
  void source(String name) {
    text(positions, name);
  }

  /** A node, or whatever else it is made of. */
  void add(Object part) {
    switch (part) {
      case Location location -> {
        number(positions, location.line());
        number(positions, location.column());
      }
      case Optional<?> optional -> {
        meaning.update((byte) (optional.isPresent() ? '+' : '-'));
        optional.ifPresent(this::add);
      }
      case List<?> list -> {
        meaning.update((byte) '[');
        list.stream().filter(item -> !isDocumentation(item)).forEach(this::add);
        meaning.update((byte) ']');
      }
      case Record node -> {
        meaning.update((byte) '(');
        text(meaning, node.getClass().getSimpleName());
        components(node, this::add);
      }
      case Double number -> text(meaning, Long.toHexString(Double.doubleToRawLongBits(number)));
      case Enum<?> constant -> text(meaning, constant.name());
      case String text -> text(meaning, text);
      case Number number -> text(meaning, number.toString());
      case Boolean flag -> text(meaning, flag.toString());
      case Character character -> text(meaning, character.toString());
      default -> throw new IllegalArgumentException("unknown in syntax: " + part.getClass());
    }
  }

  /** A text that stands alone as a statement. */
  private static boolean isDocumentation(Object part) {
    return part instanceof Stmt.ExprStmt statement && statement.value() instanceof Expr.StrLit;
  }

  private static void components(Record node, Consumer<Object> visitor) {
    try {
      for (Method accessor : ACCESSORS.get(node.getClass())) {
        visitor.accept(accessor.invoke(node));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private static void text(MessageDigest digest, String text) {
    number(digest, text.length());
    for (int i = 0; i < text.length(); i++) {
      digest.update((byte) (text.charAt(i) >>> 8));
      digest.update((byte) text.charAt(i));
    }
  }

  private static void number(MessageDigest digest, int number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.update((byte) (number >>> shift));
    }
  }

  /** What may be a name in a piece of syntax, which is every text in it, and the imports in it. */
  record Mentions(Set<String> names, List<Stmt> imports) {}

  static Mentions mentionsOf(Object part) {
    var found = new Mentions(new LinkedHashSet<>(), new ArrayList<>());
    collect(part, found);
    return found;
  }

  private static void collect(Object part, Mentions found) {
    switch (part) {
      case Location _ -> {}
      case String text -> found.names().add(text);
      case Optional<?> optional -> optional.ifPresent(inner -> collect(inner, found));
      case List<?> list -> list.forEach(inner -> collect(inner, found));
      case Record node -> {
        if (node instanceof Stmt.Import || node instanceof Stmt.ImportFrom) {
          found.imports().add((Stmt) node);
        }
        components(node, inner -> collect(inner, found));
      }
      default -> {}
    }
  }
}
