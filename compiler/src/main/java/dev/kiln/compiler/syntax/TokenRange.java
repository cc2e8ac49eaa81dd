package dev.kiln.compiler.syntax;

import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.RuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.TokenSource;
import org.antlr.v4.runtime.TokenStream;
import org.antlr.v4.runtime.misc.Interval;

/**
 * Some consecutive tokens of a source as the input of a parser; positions are those of the whole
 * source.
 */
final class TokenRange implements TokenStream {
  private final TokenizedSource tokens;
  private final int from;
  private final int to;
  private final Token end;
  private int position;

  TokenRange(TokenizedSource tokens, int from, int to) {
    this.tokens = tokens;
    this.from = from;
    this.to = to;
    this.position = from;
    var after = new CommonToken((CommonToken) tokens.token(to));
    after.setType(Token.EOF);
    after.setStopIndex(after.getStartIndex() - 1);
    after.setTokenIndex(to);
    this.end = after;
  }

  @Override
  public Token LT(int offset) {
    int at = offset > 0 ? position + offset - 1 : position + offset;
    return at < from ? null : get(at);
  }

  @Override
  public Token get(int index) {
    return index >= to ? end : tokens.token(index);
  }

  @Override
  public int LA(int offset) {
    var token = LT(offset);
    return token == null ? Token.INVALID_TYPE : token.getType();
  }

  @Override
  public void consume() {
    if (position >= to) {
      throw new IllegalStateException("cannot consume the end of the input");
    }
    position++;
  }

  @Override
  public int mark() {
    return -1;
  }

  @Override
  public void release(int marker) {}

  @Override
  public int index() {
    return position;
  }

  @Override
  public void seek(int index) {
    position = Math.min(index, to);
  }

  @Override
  public int size() {
    return to + 1;
  }

  @Override
  public String getSourceName() {
    return tokens.source().name();
  }

  @Override
  public TokenSource getTokenSource() {
    return null;
  }

  @Override
  public String getText(Interval interval) {
    var text = new StringBuilder();
    for (int i = interval.a; i <= interval.b && i < to; i++) {
      text.append(get(i).getText());
    }
    return text.toString();
  }

  @Override
  public String getText() {
    return getText(Interval.of(from, to - 1));
  }

  @Override
  public String getText(RuleContext context) {
    return getText(context.getSourceInterval());
  }

  @Override
  public String getText(Token start, Token stop) {
    return getText(Interval.of(start.getTokenIndex(), stop.getTokenIndex()));
  }
}
