/**
 * Statements and expressions of Python 3, as far as kernel files need them.
 *
 * <p>Almost every decision is LL(1): operators of different precedence stand in one flat rule where they associate to the
 * left, and AstBuilder folds them by their precedence. Where one token does not suffice to tell two forms apart, the rule
 * accepts both and AstBuilder says what is wrong (assignment targets, the order of parameters and arguments).
 */
parser grammar KernelPythonParser;

options {
  tokenVocab = KernelPythonLexer;
}

// ---- entry points

statementOnly: statement EOF;
expressionOnly: expressionsOrYield EOF;

// ---- statements

statement: compound | simpleLine;

simpleLine: simple (SEMICOLON simple?)* NEWLINE;

simple
  : expressionStatement
  | RETURN expressions?
  | PASS
  | BREAK
  | CONTINUE
  | RAISE (test (FROM test)?)?
  | ASSERT test (COMMA test)?
  | DEL expressions
  | (GLOBAL | NONLOCAL) NAME (COMMA NAME)*
  | IMPORT dottedAs (COMMA dottedAs)*
  | importFrom
  | TYPE NAME typeParameters? ASSIGN test
  ;

expressionStatement
  : expressionsOrYield (annotation | augmented | (ASSIGN expressionsOrYield)*)
  ;

annotation: COLON test (ASSIGN expressionsOrYield)?;

augmented: augmentedOperator expressionsOrYield;

augmentedOperator
  : PLUS_ASSIGN
  | MINUS_ASSIGN
  | STAR_ASSIGN
  | POW_ASSIGN
  | SLASH_ASSIGN
  | FLOOR_ASSIGN
  | PERCENT_ASSIGN
  | AT_ASSIGN
  | AND_ASSIGN
  | OR_ASSIGN
  | XOR_ASSIGN
  | SHL_ASSIGN
  | SHR_ASSIGN
  ;

dottedAs: dottedName (AS NAME)?;

dottedName: NAME (DOT NAME)*;

importFrom: FROM (DOT | ELLIPSIS)* dottedName? IMPORT (STAR | LPAR importedNames RPAR | importedNames);

importedNames: importedName (COMMA importedName?)*;

importedName: NAME (AS NAME)?;

compound
  : ifStatement
  | WHILE namedTest block elseBlock?
  | FOR targets IN expressions block elseBlock?
  | withStatement
  | function
  | classDefinition
  | decorator+ (ASYNC? function | classDefinition)
  | tryStatement
  | ASYNC (function | withStatement | FOR targets IN expressions block elseBlock?)
  | matchStatement
  ;

ifStatement: IF namedTest block (ELIF namedTest block)* elseBlock?;

elseBlock: ELSE block;

withStatement: WITH (LPAR withItem (COMMA withItem)* COMMA? RPAR | withItem (COMMA withItem)*) block;

withItem: test (AS target)?;

tryStatement: TRY block (EXCEPT STAR? (expressions (AS NAME)?)? block)* elseBlock? (FINALLY block)?;

/** Kernels have no such statement: what its patterns say is not read. */
matchStatement: MATCH lineRest NEWLINE INDENT (CASE lineRest NEWLINE (INDENT statement+ DEDENT)?)+ DEDENT;

lineRest: ~(NEWLINE | INDENT | DEDENT)*;

function: DEF NAME typeParameters? LPAR parameters? RPAR (ARROW expressions)? block;

classDefinition: CLASS NAME typeParameters? (LPAR arguments? RPAR)? block;

decorator: AT namedTest NEWLINE;

typeParameters: LBRACKET typeParameter (COMMA typeParameter?)* RBRACKET;

typeParameter: (STAR | DOUBLE_STAR)? NAME (COLON test)? (ASSIGN test)?;

block: COLON (simpleLine | NEWLINE INDENT statement+ DEDENT);

parameters: parameter (COMMA parameter?)*;

parameter: STAR (NAME (COLON starred)?)? | DOUBLE_STAR NAME (COLON test)? | SLASH | NAME (COLON test)? (ASSIGN test)?;

lambdaParameters: lambdaParameter (COMMA lambdaParameter?)*;

lambdaParameter: STAR NAME? | DOUBLE_STAR NAME | SLASH | NAME (ASSIGN test)?;

// ---- expressions

expressionsOrYield: yieldExpression | expressions;

yieldExpression: YIELD (FROM test | expressions)?;

/** One expression, or with a comma a tuple. */
expressions: starred (COMMA starred?)*;

starred: STAR arithmetic | namedTest;

namedTest: test (WALRUS test)?;

test: disjunction (IF disjunction ELSE test)? | LAMBDA lambdaParameters? COLON test;

disjunction: conjunction (OR conjunction)*;

conjunction: comparison (AND comparison)*;

comparison: NOT* arithmetic (comparisonOperator arithmetic)*;

comparisonOperator: EQ | NE | LT | LE | GT | GE | IN | NOT IN | IS NOT?;

/** Of equal rank here; AstBuilder folds by precedence. */
arithmetic: factor (arithmeticOperator factor)*;

arithmeticOperator
  : PLUS
  | MINUS
  | STAR
  | SLASH
  | DOUBLE_SLASH
  | PERCENT
  | AT
  | AMPERSAND
  | BAR
  | CARET
  | SHIFT_LEFT
  | SHIFT_RIGHT
  ;

factor: (PLUS | MINUS | TILDE)* primary (DOUBLE_STAR factor)?;

primary: AWAIT? atom trailer*;

trailer: LPAR arguments? RPAR | LBRACKET subscripts RBRACKET | DOT NAME;

arguments: argument (COMMA argument?)*;

argument: STAR test | DOUBLE_STAR test | test (WALRUS test | ASSIGN test | generators)?;

subscripts: subscript (COMMA subscript?)*;

subscript: STAR arithmetic | namedTest sliceRest? | sliceRest;

sliceRest: COLON upper = test? (second = COLON step = test?)?;

atom
  : NAME
  | INTEGER
  | FLOAT
  | IMAGINARY
  | (STRING | FSTRING | BYTES)+
  | TRUE
  | FALSE
  | NONE
  | ELLIPSIS
  | LPAR (yieldExpression | expressions generators?)? RPAR
  | LBRACKET (expressions generators?)? RBRACKET
  | LBRACE (entry (COMMA entry?)* generators?)? RBRACE
  ;

entry: DOUBLE_STAR arithmetic | STAR arithmetic | namedTest (COLON test)?;

generators: generator+;

generator: ASYNC? FOR targets IN disjunction (IF condition)*;

/** Without a conditional expression at its top, whose `if` would be taken for the next condition's. */
condition: disjunction | LAMBDA lambdaParameters? COLON disjunction;

targets: target (COMMA target?)*;

target: STAR? arithmetic;
