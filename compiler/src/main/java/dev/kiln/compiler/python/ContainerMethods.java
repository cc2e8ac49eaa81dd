package dev.kiln.compiler.python;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Methods of {@code list}, {@code tuple}, {@code dict} and {@code set}. */
final class ContainerMethods {
  private ContainerMethods() {}

  private static Optional<Object> method(String name, Function<Arguments, Object> body) {
    return Optional.of(
        (PyCallable)
            (args, kwargs) -> {
              var arguments = new Arguments(name, args, kwargs);
              Object result = body.apply(arguments);
              arguments.done();
              return result;
            });
  }

  /** A method that returns {@code None}. */
  private static Optional<Object> action(String name, Consumer<Arguments> body) {
    return method(
        name,
        arguments -> {
          body.accept(arguments);
          return PyNone.NONE;
        });
  }

  // ---- list

  static Optional<Object> find(PyList self, String name) {
    var items = self.items();
    return switch (name) {
      case "append" -> action(name, a -> items.add(a.required("object")));
      case "extend" ->
          action(name, a -> items.addAll(PythonOperators.iterate(a.required("iterable"))));
      case "insert" ->
          action(name, a -> items.add(insertion(items, a.required("index")), a.required("object")));
      case "pop" -> method(name, a -> pop(items, a.optional("index", -1L)));
      case "remove" ->
          action(
              name,
              a ->
                  items.remove(
                      position(items, a.required("value"), "list.remove(x): x not in list")));
      case "clear" -> action(name, a -> items.clear());
      case "reverse" -> action(name, a -> Collections.reverse(items));
      case "sort" ->
          action(
              name,
              a -> {
                var sorted = PythonBuiltins.sorted(items, a.keyword("key"), a.keyword("reverse"));
                items.clear();
                items.addAll(sorted);
              });
      case "copy" -> method(name, a -> new PyList(items));
      default -> ofSequence(items, name, "list");
    };
  }

  private static int insertion(List<Object> items, Object index) {
    long at =
        PythonNumbers.index(
            index,
            "'" + PythonText.typeName(index) + "' object cannot be interpreted as an integer");
    return (int) Math.clamp(at < 0 ? at + items.size() : at, 0L, (long) items.size());
  }

  private static Object pop(List<Object> items, Object index) {
    if (items.isEmpty()) {
      throw new PythonError("IndexError", "pop from empty list");
    }
    long at =
        PythonNumbers.index(
            index,
            "'" + PythonText.typeName(index) + "' object cannot be interpreted as an integer");
    long fromEnd = at < 0 ? at + items.size() : at;
    if (fromEnd < 0 || fromEnd >= items.size()) {
      throw new PythonError("IndexError", "pop index out of range");
    }
    return items.remove((int) fromEnd);
  }

  private static int position(List<Object> items, Object value, String absent) {
    for (int i = 0; i < items.size(); i++) {
      if (PythonOperators.equal(items.get(i), value)) {
        return i;
      }
    }
    throw PythonError.value(absent);
  }

  private static Optional<Object> ofSequence(List<Object> items, String name, String type) {
    return switch (name) {
      case "index" ->
          method(
              name,
              a -> {
                Object value = a.required("value");
                String absent =
                    type.equals("list")
                        ? PythonText.repr(value) + " is not in list"
                        : "tuple.index(x): x not in tuple";
                return (long) position(items, value, absent);
              });
      case "count" ->
          method(
              name,
              a -> {
                Object value = a.required("value");
                return items.stream().filter(item -> PythonOperators.equal(item, value)).count();
              });
      default -> Optional.empty();
    };
  }

  // ---- tuple

  static Optional<Object> find(PyTuple self, String name) {
    var field = self.field(name);
    if (field.isPresent()) {
      return field;
    }
    if (self.fieldNames().isPresent()) {
      var names = self.fieldNames().get();
      switch (name) {
        case "_fields":
          return Optional.of(new PyTuple(names));
        case "_asdict":
          return method(name, a -> asDict(self, names));
        case "_replace":
          return Optional.of((PyCallable) (args, kwargs) -> replaced(self, names, kwargs));
        default:
      }
    }
    return ofSequence(self.items(), name, "tuple");
  }

  private static PyDict asDict(PyTuple self, List<String> names) {
    var dict = new PyDict();
    for (int i = 0; i < names.size(); i++) {
      dict.put(names.get(i), self.items().get(i));
    }
    return dict;
  }

  private static PyTuple replaced(PyTuple self, List<String> names, Map<String, Object> values) {
    var items = new ArrayList<>(self.items());
    values.forEach(
        (name, value) -> {
          if (!names.contains(name)) {
            throw PythonError.value("Got unexpected field names: ['" + name + "']");
          }
          items.set(names.indexOf(name), value);
        });
    return new PyTuple(items, self.fieldNames());
  }

  // ---- dict

  static Optional<Object> find(PyDict self, String name) {
    return switch (name) {
      case "get" ->
          method(name, a -> get(self, a.required("key"), a.optional("default", PyNone.NONE)));
      case "keys" -> method(name, a -> new PyList(self.keys()));
      case "values" -> method(name, a -> new PyList(self.values()));
      case "items" ->
          method(
              name,
              a ->
                  new PyList(
                      self.entries().stream()
                          .map(entry -> PyTuple.of(entry.key(), entry.value()))
                          .toList()));
      case "copy" ->
          method(
              name,
              a -> {
                var copy = new PyDict();
                copy.putAll(self);
                return copy;
              });
      case "update" -> Optional.of((PyCallable) (args, kwargs) -> update(self, args, kwargs));
      case "setdefault" ->
          method(
              name,
              a -> {
                Object key = a.required("key");
                Object otherwise = a.optional("default", PyNone.NONE);
                if (!self.containsKey(key)) {
                  self.put(key, otherwise);
                }
                return get(self, key, otherwise);
              });
      case "pop" -> method(name, a -> pop(self, a.required("key"), a.optional("default")));
      case "clear" -> action(name, a -> self.clear());
      default -> Optional.empty();
    };
  }

  private static Object get(PyDict self, Object key, Object otherwise) {
    return self.get(key).orElse(otherwise);
  }

  private static Object pop(PyDict self, Object key, Optional<Object> otherwise) {
    return self.remove(key)
        .or(() -> otherwise)
        .orElseThrow(() -> new PythonError("KeyError", PythonText.repr(key)));
  }

  private static Object update(PyDict self, List<Object> args, Map<String, Object> kwargs) {
    for (Object other : args) {
      if (other instanceof PyDict dict) {
        self.putAll(dict);
      } else {
        for (Object pair : PythonOperators.iterate(other)) {
          var items = PythonOperators.iterate(pair);
          self.put(items.get(0), items.get(1));
        }
      }
    }
    kwargs.forEach(self::put);
    return PyNone.NONE;
  }

  // ---- set

  static Optional<Object> find(PySet self, String name) {
    return switch (name) {
      case "add" -> action(name, a -> self.add(a.required("elem")));
      case "discard" -> action(name, a -> self.remove(a.required("elem")));
      case "copy" -> method(name, a -> new PySet(self.items()));
      case "update" ->
          action(
              name,
              a -> a.rest().forEach(other -> PythonOperators.iterate(other).forEach(self::add)));
      case "issubset" ->
          method(
              name,
              a ->
                  new PySet(PythonOperators.iterate(a.required("other")))
                      .items()
                      .containsAll(self.items()));
      case "union" ->
          method(
              name,
              a -> {
                var all = new PySet(self.items());
                a.rest().forEach(other -> PythonOperators.iterate(other).forEach(all::add));
                return all;
              });
      case "intersection" ->
          method(
              name,
              a -> {
                var other = new PySet(PythonOperators.iterate(a.required("other")));
                return new PySet(self.items().stream().filter(other::contains).toList());
              });
      case "difference" ->
          method(
              name,
              a -> {
                var other = new PySet(PythonOperators.iterate(a.required("other")));
                return new PySet(
                    self.items().stream().filter(item -> !other.contains(item)).toList());
              });
      default -> Optional.empty();
    };
  }
}
