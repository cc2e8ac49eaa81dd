package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Python's operators on constants. Each throws a {@link PythonError} with the name and the message
 * that Python has for the case.
 */
public final class PythonOperators {
  /** Longer sequences are refused: constants of that size answer no question of a kernel's. */
  private static final int MAX_LENGTH = 1 << 20;

  private PythonOperators() {}

  // ---- arithmetic

  /** {@code left op right}. */
  public static Object binary(Expr.BinaryOp op, Object left, Object right) {
    return tryBinary(op, left, right)
        .orElseThrow(
            () ->
                PythonError.type(
                    "unsupported operand type(s) for "
                        + (op == Expr.BinaryOp.POW ? "** or pow()" : op.symbol())
                        + ": '"
                        + PythonText.typeName(left)
                        + "' and '"
                        + PythonText.typeName(right)
                        + "'"));
  }

  private static Optional<Object> tryBinary(Expr.BinaryOp op, Object left, Object right) {
    if (PythonNumbers.isNumber(left) && PythonNumbers.isNumber(right)) {
      return Optional.ofNullable(PythonNumbers.binary(op, left, right));
    }
    if (left instanceof PyObject object) {
      var result = object.binary(op, right, false);
      if (result.isPresent()) {
        return result;
      }
    }
    if (right instanceof PyObject object) {
      return object.binary(op, left, true);
    }
    return switch (op) {
      case ADD -> Optional.ofNullable(concatenation(left, right));
      case MUL -> Optional.ofNullable(repetition(left, right));
      case MOD ->
          left instanceof String text
              ? Optional.of(PercentFormat.format(text, right))
              : Optional.empty();
      case BIT_OR -> union(left, right);
      case BIT_AND, SUB, BIT_XOR -> Optional.ofNullable(difference(op, left, right));
      case DIV, FLOOR_DIV, POW, MAT_MUL, SHL, SHR -> Optional.empty();
    };
  }

  private static Object concatenation(Object left, Object right) {
    if (left instanceof String a) {
      if (right instanceof String b) {
        return a + b;
      }
      throw PythonError.type(
          "can only concatenate str (not \"" + PythonText.typeName(right) + "\") to str");
    }
    if (left instanceof PyTuple a) {
      if (right instanceof PyTuple b) {
        return new PyTuple(joined(a.items(), b.items()));
      }
      throw PythonError.type(
          "can only concatenate tuple (not \"" + PythonText.typeName(right) + "\") to tuple");
    }
    if (left instanceof PyList a) {
      if (right instanceof PyList b) {
        return new PyList(joined(a.items(), b.items()));
      }
      throw PythonError.type(
          "can only concatenate list (not \"" + PythonText.typeName(right) + "\") to list");
    }
    return null;
  }

  private static List<Object> joined(List<Object> first, List<Object> second) {
    var all = new ArrayList<>(first);
    all.addAll(second);
    checkLength(all.size());
    return all;
  }

  private static Object repetition(Object left, Object right) {
    if (isSequence(right) && !isSequence(left)) {
      return repetition(right, left);
    }
    if (!isSequence(left)) {
      return null;
    }
    long count =
        PythonNumbers.index(
            right,
            "can't multiply sequence by non-int of type '" + PythonText.typeName(right) + "'");
    int times = (int) Math.clamp(count, 0L, Integer.MAX_VALUE);
    checkLength((long) length(left) * times);
    return switch (left) {
      case String text -> text.repeat(times);
      case PyTuple tuple -> new PyTuple(repeated(tuple.items(), times));
      default -> new PyList(repeated(((PyList) left).items(), times));
    };
  }

  private static boolean isSequence(Object value) {
    return value instanceof String || value instanceof PyTuple || value instanceof PyList;
  }

  private static List<Object> repeated(List<Object> items, int times) {
    var all = new ArrayList<Object>(items.size() * times);
    for (int i = 0; i < times; i++) {
      all.addAll(items);
    }
    return all;
  }

  private static void checkLength(long length) {
    if (length > MAX_LENGTH) {
      throw new PythonError("MemoryError", "a sequence of " + length + " items");
    }
  }

  private static Optional<Object> union(Object left, Object right) {
    if (left instanceof PyDict a && right instanceof PyDict b) {
      var all = new PyDict();
      all.putAll(a);
      all.putAll(b);
      return Optional.of(all);
    }
    if (left instanceof PySet a && right instanceof PySet b) {
      return Optional.of(new PySet(joined(a.items(), b.items())));
    }
    return Optional.empty();
  }

  private static Object difference(Expr.BinaryOp op, Object left, Object right) {
    if (!(left instanceof PySet a && right instanceof PySet b)) {
      return null;
    }
    var result = new ArrayList<Object>();
    a.items().stream()
        .filter(item -> b.contains(item) == (op == Expr.BinaryOp.BIT_AND))
        .forEach(result::add);
    if (op == Expr.BinaryOp.BIT_XOR) {
      b.items().stream().filter(item -> !a.contains(item)).forEach(result::add);
    }
    return new PySet(result);
  }

  /** {@code op value}; {@code not} gives a {@code bool}. */
  public static Object unary(Expr.UnaryOp op, Object value) {
    if (op == Expr.UnaryOp.NOT && !(value instanceof PyObject)) {
      return !truth(value);
    }
    Optional<Object> result =
        value instanceof PyObject object
            ? object.unary(op)
            : PythonNumbers.isNumber(value)
                ? Optional.ofNullable(PythonNumbers.unary(op, value))
                : Optional.empty();
    if (result.isEmpty() && op == Expr.UnaryOp.NOT) {
      return !truth(value);
    }
    return result.orElseThrow(
        () ->
            PythonError.type(
                "bad operand type for unary "
                    + op.symbol()
                    + ": '"
                    + PythonText.typeName(value)
                    + "'"));
  }

  // ---- truth and comparison

  /** {@code bool(value)}. */
  public static boolean truth(Object value) {
    return switch (value) {
      case Boolean truth -> truth;
      case Long number -> number != 0;
      case BigInteger number -> number.signum() != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case PyNone none -> false;
      case PyTuple tuple -> !tuple.items().isEmpty();
      case PyList list -> !list.items().isEmpty();
      case PyDict dict -> dict.size() > 0;
      case PySet set -> set.size() > 0;
      case PyRange range -> range.length() > 0;
      case PyObject object -> object.truth();
      default -> true;
    };
  }

  /** One comparison: a {@code bool}, or what a {@link PyObject} gives. */
  public static Object compare(Expr.CompareOp op, Object left, Object right) {
    return switch (op) {
      case IS -> identical(left, right);
      case IS_NOT -> !identical(left, right);
      case IN -> contains(right, left);
      case NOT_IN -> !contains(right, left);
      case EQ, NE, LT, LE, GT, GE -> {
        if (left instanceof PyObject object) {
          var result = object.compare(op, right);
          if (result.isPresent()) {
            yield result.get();
          }
        }
        if (right instanceof PyObject object) {
          var result = object.compare(mirrored(op), left);
          if (result.isPresent()) {
            yield result.get();
          }
        }
        yield op == Expr.CompareOp.EQ
            ? (Object) equal(left, right)
            : op == Expr.CompareOp.NE
                ? (Object) !equal(left, right)
                : (Object) ordered(op, left, right);
      }
    };
  }

  private static Expr.CompareOp mirrored(Expr.CompareOp op) {
    return switch (op) {
      case LT -> Expr.CompareOp.GT;
      case LE -> Expr.CompareOp.GE;
      case GT -> Expr.CompareOp.LT;
      case GE -> Expr.CompareOp.LE;
      case EQ, NE, IS, IS_NOT, IN, NOT_IN -> op;
    };
  }

  /**
   * {@code left is right}. Numbers and strings are identical if they are of one type and equal, for
   * whether two of them share an object is an accident in Python.
   */
  public static boolean identical(Object left, Object right) {
    return switch (left) {
      case Boolean a -> a.equals(right);
      case Long a -> a.equals(right);
      case BigInteger a -> a.equals(right);
      case Double a -> a.equals(right);
      case String a -> a.equals(right);
      case PyTuple a ->
          a == right || a.items().isEmpty() && right instanceof PyTuple b && b.items().isEmpty();
      case PyList a -> a == right;
      case PyDict a -> a == right;
      case PySet a -> a == right;
      default -> Objects.equals(left, right);
    };
  }

  /** {@code left == right} as a truth value. */
  public static boolean equal(Object left, Object right) {
    if (PythonNumbers.isNumber(left) && PythonNumbers.isNumber(right)) {
      return !PythonNumbers.isNan(left)
          && !PythonNumbers.isNan(right)
          && PythonNumbers.compare(left, right) == 0;
    }
    if (left instanceof PyTuple a && right instanceof PyTuple b) {
      return equal(a.items(), b.items());
    }
    if (left instanceof PyList a && right instanceof PyList b) {
      return equal(a.items(), b.items());
    }
    if (left instanceof PyDict a && right instanceof PyDict b) {
      return a.size() == b.size()
          && a.entries().stream()
              .allMatch(
                  entry ->
                      b.get(entry.key()).filter(value -> equal(entry.value(), value)).isPresent());
    }
    if (left instanceof PyRange a && right instanceof PyRange b) {
      return a.length() == b.length()
          && (a.length() == 0
              || a.start() == b.start() && (a.length() == 1 || a.step() == b.step()));
    }
    if (left instanceof PyObject object) {
      var result = object.compare(Expr.CompareOp.EQ, right);
      if (result.isPresent()) {
        return truth(result.get());
      }
    }
    return left.equals(right);
  }

  private static boolean equal(List<Object> left, List<Object> right) {
    if (left.size() != right.size()) {
      return false;
    }
    for (int i = 0; i < left.size(); i++) {
      if (!identical(left.get(i), right.get(i)) && !equal(left.get(i), right.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean ordered(Expr.CompareOp op, Object left, Object right) {
    if (PythonNumbers.isNumber(left) && PythonNumbers.isNumber(right)) {
      return !PythonNumbers.isNan(left)
          && !PythonNumbers.isNan(right)
          && holds(op, PythonNumbers.compare(left, right));
    }
    if (left instanceof String a && right instanceof String b) {
      return holds(op, a.compareTo(b));
    }
    if (left instanceof PyTuple a && right instanceof PyTuple b) {
      return ordered(op, a.items(), b.items());
    }
    if (left instanceof PyList a && right instanceof PyList b) {
      return ordered(op, a.items(), b.items());
    }
    if (left instanceof PySet a && right instanceof PySet b) {
      return subset(op, a, b);
    }
    throw PythonError.type(
        "'"
            + op.symbol()
            + "' not supported between instances of '"
            + PythonText.typeName(left)
            + "' and '"
            + PythonText.typeName(right)
            + "'");
  }

  private static boolean ordered(Expr.CompareOp op, List<Object> left, List<Object> right) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      if (!equal(left.get(i), right.get(i))) {
        return ordered(op, left.get(i), right.get(i));
      }
    }
    return holds(op, Integer.compare(left.size(), right.size()));
  }

  private static boolean subset(Expr.CompareOp op, PySet left, PySet right) {
    return switch (op) {
      case LE -> left.items().stream().allMatch(right::contains);
      case LT -> left.size() < right.size() && left.items().stream().allMatch(right::contains);
      case GE -> subset(Expr.CompareOp.LE, right, left);
      case GT -> subset(Expr.CompareOp.LT, right, left);
      case EQ, NE, IS, IS_NOT, IN, NOT_IN -> throw new IllegalArgumentException(op.symbol());
    };
  }

  private static boolean holds(Expr.CompareOp op, int sign) {
    return switch (op) {
      case LT -> sign < 0;
      case LE -> sign <= 0;
      case GT -> sign > 0;
      case GE -> sign >= 0;
      case EQ -> sign == 0;
      case NE -> sign != 0;
      case IS, IS_NOT, IN, NOT_IN -> throw new IllegalArgumentException(op.symbol());
    };
  }

  /** {@code item in container}. */
  public static boolean contains(Object container, Object item) {
    return switch (container) {
      case String text -> {
        if (item instanceof String part) {
          yield text.contains(part);
        }
        throw PythonError.type(
            "'in <string>' requires string as left operand, not " + PythonText.typeName(item));
      }
      case PyDict dict -> dict.containsKey(item);
      case PySet set -> set.contains(item);
      case PyRange range when PythonNumbers.isInteger(item) ->
          PythonNumbers.normalised(PythonNumbers.big(item)) instanceof Long number
              && range.contains(number);
      default -> {
        var items =
            tryIterate(container)
                .orElseThrow(
                    () ->
                        PythonError.type(
                            "argument of type '"
                                + PythonText.typeName(container)
                                + "' is not iterable"));
        yield items.stream().anyMatch(other -> identical(other, item) || equal(other, item));
      }
    };
  }

  // ---- sequences

  /** {@code len(value)}. */
  public static int length(Object value) {
    return switch (value) {
      case String text -> text.codePointCount(0, text.length());
      case PyTuple tuple -> tuple.items().size();
      case PyList list -> list.items().size();
      case PyDict dict -> dict.size();
      case PySet set -> set.size();
      case PyRange range -> Math.toIntExact(Math.min(range.length(), Integer.MAX_VALUE));
      case PyObject object when object.items().isPresent() -> object.items().get().size();
      default ->
          throw PythonError.type(
              "object of type '" + PythonText.typeName(value) + "' has no len()");
    };
  }

  /** The items over which {@code for} runs. */
  public static List<Object> iterate(Object value) {
    return tryIterate(value)
        .orElseThrow(
            () -> PythonError.type("'" + PythonText.typeName(value) + "' object is not iterable"));
  }

  private static Optional<List<Object>> tryIterate(Object value) {
    return switch (value) {
      case String text ->
          Optional.of(text.codePoints().mapToObj(c -> (Object) Character.toString(c)).toList());
      case PyTuple tuple -> Optional.of(tuple.items());
      case PyList list -> Optional.of(List.copyOf(list.items()));
      case PyDict dict -> Optional.of(dict.keys());
      case PySet set -> Optional.of(set.items());
      case PyRange range -> {
        checkLength(range.length());
        var items = new ArrayList<Object>((int) range.length());
        range.forEach(items::add);
        yield Optional.of(items);
      }
      case PyObject object -> object.items();
      default -> Optional.empty();
    };
  }

  /** {@code value[key]}. */
  public static Object index(Object value, Object key) {
    return switch (value) {
      case String text ->
          key instanceof PySlice slice
              ? String.join("", slice.of(characters(text)))
              : item(characters(text), key, "string");
      case PyTuple tuple ->
          key instanceof PySlice slice
              ? new PyTuple(slice.of(tuple.items()))
              : item(tuple.items(), key, "tuple");
      case PyList list ->
          key instanceof PySlice slice
              ? new PyList(slice.of(list.items()))
              : item(list.items(), key, "list");
      case PyRange range -> key instanceof PySlice slice ? slice(range, slice) : item(range, key);
      case PyDict dict ->
          dict.get(key).orElseThrow(() -> new PythonError("KeyError", PythonText.repr(key)));
      case PyObject object -> object.index(key).orElseThrow(() -> notSubscriptable(value));
      default -> throw notSubscriptable(value);
    };
  }

  private static PythonError notSubscriptable(Object value) {
    return PythonError.type("'" + PythonText.typeName(value) + "' object is not subscriptable");
  }

  private static List<String> characters(String text) {
    return text.codePoints().mapToObj(Character::toString).toList();
  }

  private static Object item(List<?> items, Object key, String what) {
    return items.get(position(items.size(), key, what, "index"));
  }

  private static Object item(PyRange range, Object key) {
    return range.get(
        position((int) Math.min(range.length(), Integer.MAX_VALUE), key, "range object", "index"));
  }

  /** A range again, as in Python. */
  private static PyRange slice(PyRange range, PySlice slice) {
    var indices = slice.indices(range.length());
    return new PyRange(
        range.get(indices.start()), range.get(indices.stop()), range.step() * indices.step());
  }

  private static int position(int size, Object key, String what, String purpose) {
    String wrongType =
        what.equals("string")
            ? "string indices must be integers, not '" + PythonText.typeName(key) + "'"
            : what.replace(" object", "")
                + " indices must be integers or slices, not "
                + PythonText.typeName(key);
    long at = PythonNumbers.index(key, wrongType);
    long fromEnd = at < 0 ? at + size : at;
    if (fromEnd < 0 || fromEnd >= size) {
      throw new PythonError("IndexError", what + " " + purpose + " out of range");
    }
    return (int) fromEnd;
  }

  /** {@code container[key] = value}. */
  public static void setIndex(Object container, Object key, Object value) {
    switch (container) {
      case PyDict dict -> dict.put(key, value);
      case PyList list ->
          list.items().set(position(list.items().size(), key, "list", "assignment index"), value);
      default ->
          throw PythonError.type(
              "'" + PythonText.typeName(container) + "' object does not support item assignment");
    }
  }
}
